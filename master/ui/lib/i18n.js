// Texts of the page in English and Chinese. A key is `<area>.<name>`; the dictionaries are lang/<language>/<area>.js.

import { useSlice, createStore } from "acrida/lib/store.js";
import { recall, remember } from "acrida/lib/memory.js";

/** Files of each language: one an area. */
export const AREAS = ["core", "charts", "history", "report"];
/** Languages with their own names. */
export const LANGUAGES = { en: "English", zh: "中文" };

const KEY = "acrida.language";
const store = createStore({ language: "en", texts: {} });

/** The language asked for: chosen earlier, else the browser's, else English. */
export function preferredLanguage() {
  const kept = recall(KEY, null);
  if (kept in LANGUAGES) return kept;
  return (navigator.languages ?? [navigator.language]).some((tag, index) => index === 0 && tag?.startsWith("zh"))
    ? "zh"
    : "en";
}

/** The present language, `en` or `zh`. */
export function language() {
  return store.get().language;
}

/**
 * Loads a language and shows it.
 * @param {string} name `en` or `zh`
 * @param {boolean} [isChoice] a person chose it: remember
 */
export async function setLanguage(name, isChoice = false) {
  const areas = await Promise.all(AREAS.map((area) => import(`acrida/lang/${name}/${area}.js`)));
  if (isChoice) remember(KEY, name);
  document.documentElement.lang = name === "zh" ? "zh-CN" : "en";
  store.set({ language: name, texts: Object.assign({}, ...areas.map((area) => area.default)) });
}

/** Makes a component render again when the language changes; returns the language. */
export function useLang() {
  return useSlice(store, (value) => value.language);
}

/** Whether there is a text of this key. */
export function hasText(key) {
  return key in store.get().texts;
}

/**
 * The text of a key. `{name}` is replaced by a parameter; `{n|worker|workers}` by one of the two words, by number `n`.
 * @param {string} key
 * @param {Record<string, string|number>} [params]
 * @returns {string}
 */
export function t(key, params = {}) {
  const text = store.get().texts[key] ?? key;
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name, one, many) => {
    if (!(name in params)) return whole;
    if (one === undefined) return String(params[name]);
    return Number(params[name]) === 1 ? one : many;
  });
}
