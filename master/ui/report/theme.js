// The colours a report opens in: those it was made for, else the reader's. A choice in the report lasts as long as it is open.

import { setTheme } from "acrida/lib/theme.js";

/** @param {string|undefined} made what the report was made for: `auto`, `light` or `dark` */
export function showTheme(made) {
  if (made === "light" || made === "dark") setTheme(made);
}
