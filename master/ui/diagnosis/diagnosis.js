// Placeholder until the view itself is merged.

/** Shows nothing. */
export function Diagnosis() {
  return null;
}
