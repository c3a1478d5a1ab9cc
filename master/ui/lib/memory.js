// What the browser keeps for us. A browser that keeps nothing (private mode, a report opened from disk) is no error.

/**
 * @param {string} key
 * @param {*} otherwise what to return if there is nothing usable
 */
export function recall(key, otherwise) {
  try {
    const text = localStorage.getItem(key);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/**
 * @param {string} key
 * @param {*} value anything JSON can hold; undefined forgets
 */
export function remember(key, value) {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Not kept: the page works without.
  }
}
