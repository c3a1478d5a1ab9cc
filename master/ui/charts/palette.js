// Colours of the design tokens for canvases, which cannot use CSS variables themselves. Read anew after a change of theme.

import { token } from "acrida/lib/theme.js";

let theme = null;
const cache = new Map();

/**
 * Value of a colour for a canvas.
 * @param {string} colour A token (`--c1`) or any CSS colour, which is returned as it is.
 * @returns {string}
 */
export function paint(colour) {
  if (!colour.startsWith("--")) return colour;
  const present = document.documentElement.dataset.theme;
  if (present !== theme) {
    theme = present;
    cache.clear();
  }
  let value = cache.get(colour);
  if (value === undefined) {
    value = token(colour) || "#888";
    cache.set(colour, value);
  }
  return value;
}

/** Whether the theme shown is dark. */
export function isDark() {
  return document.documentElement.dataset.theme !== "light";
}
