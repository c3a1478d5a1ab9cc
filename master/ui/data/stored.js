// A run of the history: fetched once, whole.

import { get } from "acrida/lib/api.js";
import { createStore } from "acrida/lib/store.js";
import { readers } from "acrida/data/live.js";
import { EMPTY } from "acrida/data/source.js";

/** Parts that come beside the run itself. */
const PARTS = ["series", "heatmap", "statistics", "failures", "marks", "diagnosis"];

/**
 * @param {string} id
 * @returns {import("acrida/data/source.js").Source} its state fills as the answers come; `state.connection.reason` says
 *   why it does not
 */
export function createStoredSource(id) {
  const state = createStore(EMPTY);
  const path = `/api/v1/runs/${encodeURIComponent(id)}`;
  const leaving = new AbortController();
  const load = async () => {
    try {
      state.set({ run: await get(path, {}, leaving.signal) });
      const parts = PARTS.map(async (name) => state.set({ [name]: await get(`${path}/${name}`, {}, leaving.signal) }));
      await Promise.all(parts);
      state.set({ connection: { is_open: true, lost_since_unix_s: null, reason: null } });
    } catch (error) {
      if (error.name === "AbortError") return;
      state.set({ connection: { is_open: false, lost_since_unix_s: Date.now() / 1000, reason: error.message } });
    }
  };
  load();
  return { kind: "stored", runId: id, state, ...readers(() => id), close: () => leaving.abort() };
}
