// Where in the page we are, kept in the URL's query so that a link, a reload and "back" lead to the same place.

import { createStore, useSlice } from "acrida/lib/store.js";

/**
 * @typedef {object} Route
 * @property {"run"|"start"|"history"|"compare"} view
 * @property {string|null} run id of a stored run; null for the live one
 * @property {string|null} tab
 * @property {string[]} runs ids to compare
 * @property {string|null} reference
 */

const VIEWS = ["run", "start", "history", "compare"];

/** @returns {Route} */
function read() {
  const query = new URLSearchParams(location.search);
  const view = query.get("view");
  return {
    view: VIEWS.includes(view) ? view : "run",
    run: query.get("run"),
    tab: query.get("tab"),
    runs: (query.get("runs") ?? "").split(",").filter(Boolean),
    reference: query.get("reference"),
  };
}

/** Store of the present route. */
export const route = createStore(read());

addEventListener("popstate", () => route.set(read()));

function text(change) {
  const query = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(change)) {
    const one = Array.isArray(value) ? value.join(",") : value;
    if (one === null || one === undefined || one === "" || (key === "view" && one === "run")) query.delete(key);
    else query.set(key, one);
  }
  // Commas are legal in a query and read better so.
  const all = query.toString().replaceAll("%2C", ",");
  return all ? `?${all}` : location.pathname;
}

/**
 * Goes somewhere: what is not named stays, null takes it away.
 * @param {Record<string, string|string[]|number|null>} change
 * @param {boolean} [isReplaced] no new entry in the browser's history
 */
export function navigate(change, isReplaced = false) {
  try {
    history[isReplaced ? "replaceState" : "pushState"](null, "", text(change));
    route.set(read());
  } catch {
    // A file opened from disk may not change its address: the page goes on without it.
    const known = Object.entries(change).filter(([key]) => key in route.get());
    route.set(Object.fromEntries(known));
  }
}

/** A fresh place: everything that belongs to the old one is dropped from the URL. */
export const CLEAN = { view: null, run: null, tab: null, runs: null, reference: null, from: null, to: null, request: null };

/**
 * Address of a place, for real links.
 * @param {Record<string, string|string[]|number|null>} change
 */
export function href(change) {
  return text(change);
}

/**
 * Handler for real links: a plain click stays in the page, with a modifier key the browser opens a tab.
 * @param {Record<string, string|string[]|number|null>} change
 */
export function follow(change) {
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    navigate(change);
  };
}

/**
 * @template S
 * @param {(route: Route) => S} select
 * @returns {S}
 */
export function useRoute(select) {
  return useSlice(route, select);
}
