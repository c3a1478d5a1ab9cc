// Dark and light: by the system unless somebody chose. lib/boot.js has set the attribute before the first paint.

import { createStore, useSlice } from "acrida/lib/store.js";
import { recall, remember } from "acrida/lib/memory.js";

const KEY = "acrida.theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const store = createStore({ choice: recall(KEY, "auto"), theme: "light" });

function apply() {
  const { choice } = store.get();
  const theme = choice === "dark" || choice === "light" ? choice : system.matches ? "dark" : "light";
  document.documentElement.dataset.theme = theme;
  store.set({ theme });
}

system.addEventListener("change", apply);
apply();

// Paper is light. What is drawn by hand is drawn anew by its own listeners, which come later than these.
addEventListener("beforeprint", () => {
  document.documentElement.dataset.theme = "light";
});
addEventListener("afterprint", apply);

/**
 * @param {"auto"|"dark"|"light"} choice
 */
export function setTheme(choice) {
  remember(KEY, choice);
  store.set({ choice });
  apply();
}

/** The theme shown, `dark` or `light`; a component that draws with colours of its own renders again by it. */
export function useTheme() {
  return useSlice(store, (value) => value.theme);
}

/** What was chosen: `auto`, `dark` or `light`. */
export function useThemeChoice() {
  return useSlice(store, (value) => value.choice);
}

/**
 * A token's present value, for canvas.
 * @param {string} name e.g. `--c1`
 */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
