// Placeholder until the view itself is merged.

/** Shows nothing. */
export function Compare() {
  return null;
}
