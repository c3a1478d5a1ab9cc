// What has been typed into the start form, for as long as the page is open: going elsewhere and coming back, a start that
// is refused, a run that somebody else starts lose nothing.

import { get } from "acrida/lib/api.js";
import { recall, remember } from "acrida/lib/memory.js";
import { createStore } from "acrida/lib/store.js";
import { initial, keepable } from "acrida/run/form-model.js";

const KEY = "acrida.start";
const PROFILES_KEY = "acrida.profiles";
const MAX_PROFILES = 20;

/** `form` is the master's offer, null until it came; `failure` says why it does not come; `errors` are by field. */
export const draft = createStore({ form: null, values: null, isTouched: false, failure: null, errors: {}, summary: null });

/** Fetches the offer, again after the script changed. What was typed stays where the fields are still there. */
export async function loadForm() {
  try {
    const form = await get("/api/v1/form");
    const { values, form: before, isTouched } = draft.get();
    if (values && isTouched && JSON.stringify(before) === JSON.stringify(form)) return;
    const last = values && isTouched ? keepable(before, values) : recall(KEY, null);
    draft.set({ form, values: initial(form, last), failure: null });
  } catch (error) {
    draft.set({ failure: error });
  }
}

/**
 * Changes one field; its error goes away, since it was about the old value.
 * @param {string} path `users`, `options.depth`, `classes.Shop.weight`
 * @param {*} value
 */
export function type(path, value) {
  const { values, errors, summary } = draft.get();
  const { [path]: _gone, ...left } = errors;
  const isMended = path in errors && Object.keys(left).length === 0;
  draft.set({
    values: replaced(values, path.split("."), value),
    errors: left,
    summary: isMended ? null : summary,
    isTouched: true,
  });
}

function replaced(object, [key, ...rest], value) {
  return { ...object, [key]: rest.length === 0 ? value : replaced(object[key], rest, value) };
}

/** A start went through: remember it for the next time. */
export function started() {
  const { form, values } = draft.get();
  remember(KEY, keepable(form, values));
  const profile = values.profile.trim();
  if (profile) remember(PROFILES_KEY, [profile, ...profiles().filter((one) => one !== profile)].slice(0, MAX_PROFILES));
  draft.set({ isTouched: false, errors: {}, summary: null });
}

/** Profiles of earlier runs, newest first. */
export function profiles() {
  const kept = recall(PROFILES_KEY, []);
  return Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
}
