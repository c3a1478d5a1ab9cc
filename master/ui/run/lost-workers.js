// Workers that left during the run. The master keeps a silent worker in its list as missing, but strikes one whose
// connection broke at once; what is left of that one is its mark on the time axis.

/**
 * Rows, like those of the status, for workers that are in the list no more.
 * @param {{status: object|null, run: object|null, marks: object[]|null}} state of a live source
 * @returns {object[]} figures that nobody knows are left out; in the order in which they were lost
 */
export function lostWorkers({ status, run, marks }) {
  const listed = new Set((status?.workers ?? []).map((worker) => worker.id));
  const lost = new Map();
  for (const mark of marks ?? []) {
    const id = mark.data?.worker;
    if (mark.kind !== "worker_lost" || !id || listed.has(id)) continue;
    const missing_since_unix_s = (run?.started_unix_s ?? 0) + mark.at_s;
    lost.set(id, { id, index: Number.MAX_SAFE_INTEGER, state: "missing", missing_since_unix_s });
  }
  return [...lost.values()];
}
