// The run under way, by the event stream; what is asked for a window or a request name, by fetch.

import { BASE, get } from "acrida/lib/api.js";
import { createStore } from "acrida/lib/store.js";
import { createFeed } from "acrida/data/feed.js";
import { mergeHeatmap, mergeSeries } from "acrida/data/merge.js";
import { EMPTY } from "acrida/data/source.js";

/** What a tick leaves out (null) when it has not changed. */
const WHOLE = ["statistics", "failures", "marks", "diagnosis"];

/**
 * The state after a message of the stream. No I/O: tested as it is.
 * @param {import("acrida/data/source.js").State} state
 * @param {"hello"|"tick"} event
 * @param {object} data
 * @returns {Partial<import("acrida/data/source.js").State>} what changes
 */
export function applied(state, event, data) {
  const change = { status: data.status };
  if (event === "hello") {
    for (const key of ["run", "series", "heatmap", ...WHOLE]) change[key] = data[key] ?? null;
    return change;
  }
  if (data.run) change.run = data.run;
  change.series = mergeSeries(state.series, data.series);
  change.heatmap = mergeHeatmap(state.heatmap, data.heatmap);
  for (const key of WHOLE) if (data[key]) change[key] = data[key];
  return change;
}

/** Through the shared worker where there is one, else with a connection of our own. */
function listen(url, tell) {
  const own = () => {
    const feed = createFeed(url, tell);
    return () => feed.close();
  };
  if (typeof SharedWorker === "undefined") return own();
  let end = null;
  let port;
  try {
    const worker = new SharedWorker(import.meta.resolve("acrida/data/feed_worker.js"), { type: "module", name: url });
    worker.onerror = () => {
      end ??= own();
    };
    port = worker.port;
  } catch {
    return own();
  }
  port.onmessage = ({ data }) => tell(data);
  const join = () => port.postMessage({ join: url });
  const leave = () => port.postMessage({ leave: true });
  const back = (event) => event.persisted && join();
  addEventListener("pagehide", leave);
  addEventListener("pageshow", back);
  join();
  return () => {
    removeEventListener("pagehide", leave);
    removeEventListener("pageshow", back);
    leave();
    port.close();
    end?.();
  };
}

/**
 * Readers of one run by its id or `current`, which live and stored runs have in common.
 * @param {() => string} id
 */
export function readers(id) {
  const part = (name, query) => get(`/api/v1/runs/${encodeURIComponent(id())}/${name}`, query);
  return {
    series: (query = {}) => part("series", query),
    heatmap: (query = {}) => part("heatmap", query),
    histogram: (query = {}) => part("histogram", query),
    statistics: (query = {}) => part("statistics", query),
    failures: (query = {}) => part("failures", query),
    exceptions: () => part("exceptions"),
    ratio: () => part("ratio"),
  };
}

/** @returns {import("acrida/data/source.js").Source} */
export function createLiveSource() {
  const state = createStore(EMPTY);
  const hear = (message) => {
    if (message.event === "lost") {
      const lost_since_unix_s = message.since_ms / 1000;
      state.set({ connection: { is_open: false, lost_since_unix_s, reason: null } });
      return;
    }
    const { connection } = state.get();
    if (!connection.is_open) state.set({ connection: { is_open: true, lost_since_unix_s: null, reason: null } });
    if (message.data) state.set(applied(state.get(), message.event, JSON.parse(message.data)));
  };
  const close = listen(`${location.origin}${BASE}/api/v1/events`, hear);
  return {
    kind: "live",
    get runId() {
      return state.get().status?.run_id ?? state.get().run?.id ?? null;
    },
    state,
    ...readers(() => "current"),
    close,
  };
}
