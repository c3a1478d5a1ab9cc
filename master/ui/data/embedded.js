// The run inside a report file: what the page asks the master for is computed from the record (data/aggregate.js).

import { createStore } from "acrida/lib/store.js";
import { EMPTY } from "acrida/data/source.js";
import { failures, heatmap, histogram, series, statistics } from "acrida/data/aggregate.js";

/** Answers kept, so that a view that asks again gets the same object. */
const MAX_KEPT = 64;

/**
 * @param {object} record see docs/report.md
 * @returns {import("acrida/data/source.js").Source}
 */
export function createEmbeddedSource(record) {
  const kept = new Map();
  const once = (name, make) => {
    return async ({ request = null, from = null, to = null } = {}) => {
      const key = `${name} ${request} ${from} ${to}`;
      if (!kept.has(key)) {
        if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value);
        kept.set(key, make(request, from, to));
      }
      return kept.get(key);
    };
  };
  const isWhole = (from, to) => from === null && to === null;
  const state = createStore({
    ...EMPTY,
    status: statusOf(record),
    run: record.run,
    series: series(record, null, null, null),
    heatmap: heatmap(record, null, null, null),
    statistics: record.statistics,
    failures: failures(record, null, null),
    marks: record.marks,
    // Of the whole run only: its rules are the master's.
    diagnosis: record.diagnosis,
    connection: { is_open: true, lost_since_unix_s: null, reason: null },
  });
  return {
    kind: "embedded",
    runId: record.run.id,
    state,
    series: once("series", (request, from, to) => series(record, request, from, to)),
    heatmap: once("heatmap", (request, from, to) => heatmap(record, request, from, to)),
    histogram: once("histogram", (request, from, to) => histogram(record, request, from, to)),
    // Of the whole run the record has the master's own figures.
    statistics: once("statistics", (_, from, to) =>
      isWhole(from, to) ? record.statistics : statistics(record, from, to),
    ),
    failures: once("failures", (_, from, to) => failures(record, from, to)),
    exceptions: async () => ({ rows: record.exceptions }),
    ratio: async () => record.ratio ?? null,
    close() {},
  };
}

/** What views read of the master's state, as it was at the end: the workers. */
function statusOf(record) {
  return { state: record.run.state, run_id: record.run.id, workers: record.workers ?? [], headless: true, history: false };
}
