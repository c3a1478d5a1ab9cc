// What a person looks at: one request name or all, a window of time or all, which percentile lines. Kept in the URL.

import { createStore, useSlice } from "acrida/lib/store.js";
import { recall, remember } from "acrida/lib/memory.js";
import { navigate } from "acrida/lib/route.js";

const KEY = "acrida.percentiles";

/**
 * @typedef {object} Selection
 * @property {number|null} request id of a request name; null for all
 * @property {{from_s: number, to_s: number}|null} window run seconds, `to_s` exclusive; null for the whole run
 * @property {number[]} percentiles fractions, of the series' `percentiles`
 */

function whole(text) {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

/** @returns {Selection} */
function read() {
  const query = new URLSearchParams(location.search);
  const [from_s, to_s] = [whole(query.get("from")), whole(query.get("to"))];
  return {
    request: whole(query.get("request")),
    window: from_s !== null && to_s !== null && from_s < to_s ? { from_s, to_s } : null,
    percentiles: recall(KEY, [0.5, 0.95, 0.99, 0.999]),
  };
}

/** The store. Set it by `select`, so that the URL follows. */
export const selection = createStore(read());

addEventListener("popstate", () => selection.set(read()));

/**
 * Changes the selection and the URL.
 * @param {Partial<Selection>} change
 */
export function select(change) {
  if ("percentiles" in change) remember(KEY, change.percentiles);
  selection.set(change);
  const { request, window } = selection.get();
  const query = { request, from: window?.from_s ?? null, to: window?.to_s ?? null };
  if ("request" in change || "window" in change) navigate(query, true);
}

/** Back to the whole run and all requests, without touching the URL: a source of another run comes. */
export function forget() {
  selection.set({ request: null, window: null });
}

/**
 * @template S
 * @param {(selection: Selection) => S} pick
 * @returns {S}
 */
export function useSelection(pick) {
  return useSlice(selection, pick);
}
