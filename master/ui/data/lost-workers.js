// Workers that a run has lost. The master forgets those whose connection is closed; the run's marks do not.

/**
 * @param {object[]|null} marks of the run
 * @param {object[]} workers present ones, of the status
 * @param {number|undefined} started_unix_s beginning of the run
 * @returns {{id: string, missing_since_unix_s: number|null}[]} in order of their loss; without those that are back and those that the
 *   status itself lists
 */
export function lostWorkers(marks, workers, started_unix_s) {
  const lost = new Map();
  for (const { kind, at_s, data } of marks ?? []) {
    if (!data?.worker) continue;
    if (kind === "worker_lost") lost.set(data.worker, started_unix_s === undefined ? null : started_unix_s + at_s);
    else if (kind === "worker_joined" || kind === "worker_returned") lost.delete(data.worker);
  }
  for (const { id } of workers) lost.delete(id);
  return [...lost].map(([id, missing_since_unix_s]) => ({ id, missing_since_unix_s }));
}
