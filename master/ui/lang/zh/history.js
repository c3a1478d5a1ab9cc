/** Texts by key. */
export default {};
