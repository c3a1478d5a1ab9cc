// Merging what a tick brings into what we have: columns by the time `t` at which their intervals begin.

/** Index of the first element that is not below `value`. */
function lowerBound(sorted, value) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * New columns: at times that both have, the newer wins. Both are sorted by `t`.
 * @param {number[]} oldT @param {number[]} newT
 * @returns {(oldColumn: any[], newColumn: any[]) => any[]}
 */
function merger(oldT, newT) {
  const from = lowerBound(oldT, newT[0]);
  if (from === oldT.length) return (oldColumn, newColumn) => oldColumn.concat(newColumn);
  // The common case ends above; here the tail of the old is merged one by one.
  const picks = [];
  let [i, j] = [from, 0];
  while (i < oldT.length || j < newT.length) {
    const takesNew = j < newT.length && (i >= oldT.length || newT[j] <= oldT[i]);
    if (takesNew && oldT[i] === newT[j]) i += 1;
    picks.push(takesNew ? [true, j++] : [false, i++]);
  }
  return (oldColumn, newColumn) =>
    oldColumn.slice(0, from).concat(picks.map(([isNew, at]) => (isNew ? newColumn[at] : oldColumn[at])));
}

/** Columns of a `Series` that hold one value per interval. */
function isColumn(series, key) {
  return key !== "t" && key !== "percentiles" && key !== "ms" && Array.isArray(series[key]);
}

/**
 * @param {object|null} old a `Series` @param {object|null} fresh intervals that are new or changed
 * @returns {object|null} a new object; neither argument is changed
 */
export function mergeSeries(old, fresh) {
  if (!fresh || (old && fresh.t.length === 0)) return old;
  if (!old || old.t.length === 0 || old.width_s !== fresh.width_s) return fresh;
  const merge = merger(old.t, fresh.t);
  const merged = { ...old, to_s: Math.max(old.to_s, fresh.to_s), t: merge(old.t, fresh.t) };
  for (const key of Object.keys(fresh)) if (isColumn(fresh, key)) merged[key] = merge(old[key], fresh[key]);
  merged.ms = old.ms.map((column, index) => merge(column, fresh.ms[index]));
  return merged;
}

/**
 * @param {object|null} old a `Heatmap` @param {object|null} fresh intervals that are new or changed
 * @returns {object|null} a new object; neither argument is changed
 */
export function mergeHeatmap(old, fresh) {
  if (!fresh || (old && fresh.t.length === 0)) return old;
  if (!old || old.t.length === 0 || old.width_s !== fresh.width_s) return fresh;
  const merge = merger(old.t, fresh.t);
  return { ...old, edges_ms: fresh.edges_ms, t: merge(old.t, fresh.t), columns: merge(old.columns, fresh.columns) };
}
