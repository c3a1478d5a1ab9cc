// What every view reads figures from. Three kinds fill it: live.js, stored.js and embedded.js (the report).

import { createContext, useContext } from "acrida/lib/ui.js";
import { useSlice } from "acrida/lib/store.js";

/**
 * @typedef {object} Source
 * @property {"live"|"stored"|"embedded"} kind
 * @property {string|null} runId id of the run shown; null before the first one
 * @property {import("acrida/lib/store.js").Store<State>} state
 * @property {(q: {request?: number|null, from?: number|null, to?: number|null}) => Promise<object>} series
 * @property {(q: {request?: number|null, from?: number|null, to?: number|null}) => Promise<object>} heatmap
 * @property {(q: {request?: number|null, from?: number|null, to?: number|null}) => Promise<object>} histogram
 * @property {(q: {from?: number|null, to?: number|null}) => Promise<object>} statistics
 * @property {(q: {from?: number|null, to?: number|null}) => Promise<object>} failures
 * @property {() => Promise<object>} exceptions
 * @property {() => Promise<object>} ratio
 * @property {() => void} close ends what runs in the background
 */

/**
 * Fields of `source.state`; null until there is something. Shapes: the API's.
 * @typedef {object} State
 * @property {object|null} status of the master; a report has what views read of it, a stored run nothing
 * @property {object|null} run
 * @property {object|null} series of all requests, whole run
 * @property {object|null} heatmap
 * @property {object|null} statistics of the whole run
 * @property {object|null} failures
 * @property {object[]|null} marks
 * @property {object[]|null} diagnosis findings about the whole run, whatever the window
 * @property {{is_open: boolean, lost_since_unix_s: number|null, reason: string|null}} connection
 */

/** @type {State} */
export const EMPTY = {
  status: null,
  run: null,
  series: null,
  heatmap: null,
  statistics: null,
  failures: null,
  marks: null,
  diagnosis: null,
  connection: { is_open: false, lost_since_unix_s: null, reason: null },
};

/** Gives views their source. */
export const SourceContext = createContext(null);

/** @returns {Source} */
export function useSource() {
  return useContext(SourceContext);
}

/**
 * A part of the source's state; renders again only when the part changes.
 * @template S
 * @param {(state: State) => S} select
 * @returns {S}
 */
export function useData(select) {
  return useSlice(useSource().state, select);
}
