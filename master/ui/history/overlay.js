// One time axis for runs whose intervals have different lengths: that of the shortest interval. A longer interval's figure stands at
// each place it covers; nothing is averaged.

/**
 * @param {Array<{width_s: number, t: number[], to_s: number}>} all
 * @returns {{x: number[], width_s: number, to_s: number, spread: (index: number, values: Array<number|null>) => Array<number|null>}}
 */
export function overlay(all) {
  const width_s = Math.min(...all.map((series) => series.width_s));
  const ends = all.map((series) => (series.t.length ? series.t[series.t.length - 1] + series.width_s : 0));
  const to_s = Math.max(0, ...ends);
  const x = Array.from({ length: Math.ceil(to_s / width_s) }, (_, at) => (at + 0.5) * width_s);
  const spread = (index, values) => {
    const series = all[index];
    const first = series.t[0] ?? 0;
    return x.map((second) => values[Math.floor((second - first) / series.width_s)] ?? null);
  };
  return { x, width_s, to_s, spread };
}
