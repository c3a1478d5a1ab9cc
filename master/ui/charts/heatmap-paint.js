// Paints the latency heat-map: one cell for each interval (or several, when there are more than pixels) and bucket of response time.

import { colours, stepOf } from "acrida/charts/color-scale.js";
import { isDark } from "acrida/charts/palette.js";

/**
 * Counts of the visible part, summed so that a column is never narrower than a pixel. Pure.
 * @param {object} heatmap
 * @param {{from_s: number, to_s: number}} view
 * @param {number} pixels Width of the plot.
 * @returns {{columns: number, group: number, first: number, lowest: number, rows: number, counts: Float64Array, most: number}}
 *   `first` is the index of the first interval; `lowest` the first bucket with a count, `rows` how many from there.
 */
export function gather(heatmap, view, pixels) {
  const { t, columns, width_s } = heatmap;
  let first = 0;
  while (first < t.length && t[first] + width_s <= view.from_s) first += 1;
  let end = t.length;
  while (end > first && t[end - 1] >= view.to_s) end -= 1;
  const group = Math.max(1, Math.ceil((end - first) / Math.max(1, pixels)));
  let lowest = Infinity;
  let highest = -1;
  // Plain loops: this runs over hours of columns each second.
  for (let index = first; index < end; index += 1) {
    const column = columns[index];
    for (let at = 0; at < column.length; at += 1) {
      const bucket = column[at][0];
      if (bucket < lowest) lowest = bucket;
      if (bucket > highest) highest = bucket;
    }
  }
  const empty = { columns: 0, group, first, lowest: 0, rows: 0, counts: new Float64Array(0), most: 0 };
  if (highest < 0) return empty;
  const rows = highest - lowest + 1;
  const wide = Math.ceil((end - first) / group);
  const counts = new Float64Array(wide * rows);
  let most = 0;
  for (let index = first; index < end; index += 1) {
    const x = Math.floor((index - first) / group);
    const column = columns[index];
    for (let at = 0; at < column.length; at += 1) {
      const place = (rows - 1 - (column[at][0] - lowest)) * wide + x;
      counts[place] += column[at][1];
      if (counts[place] > most) most = counts[place];
    }
  }
  return { columns: wide, group, first, lowest, rows, counts, most };
}

/** A canvas of one pixel a cell, kept between drawings. */
export class HeatCanvas {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d");
    this.cells = null;
    this.of = {};
  }

  /**
   * The cells of a view; gathered once for all who ask during one drawing.
   * @param {object} u
   * @param {object | null} heatmap
   * @param {{from_s: number, to_s: number}} view
   * @returns {object | null} See `gather`.
   */
  prepare(u, heatmap, view) {
    const pixels = Math.floor((u.bbox.width || u.width * devicePixelRatio) / 2);
    const { of } = this;
    const isSame = of.heatmap === heatmap && of.from_s === view.from_s && of.to_s === view.to_s && of.pixels === pixels;
    if (!isSame) {
      this.of = { heatmap, from_s: view.from_s, to_s: view.to_s, pixels };
      this.cells = heatmap && gather(heatmap, view, pixels);
    }
    return this.cells;
  }

  /**
   * Draws into the plot of a uPlot instance whose y scale is logarithmic.
   * @param {object} u
   * @param {object | null} heatmap
   * @param {{from_s: number, to_s: number}} view
   */
  draw(u, heatmap, view) {
    const cells = this.prepare(u, heatmap, view);
    if (!cells || cells.columns === 0) return;
    const { bbox, ctx } = u;
    const { canvas, context } = this;
    if (canvas.width !== cells.columns) canvas.width = cells.columns;
    if (canvas.height !== cells.rows) canvas.height = cells.rows;
    const image = context.createImageData(cells.columns, cells.rows);
    const pixels = new Uint32Array(image.data.buffer);
    const scale = colours(isDark());
    for (let index = 0; index < pixels.length; index += 1) {
      if (cells.counts[index] > 0) pixels[index] = scale[stepOf(cells.counts[index], cells.most)];
    }
    context.putImageData(image, 0, 0);
    const edge = (bucket) => u.valToPos(heatmap.edges_ms[Math.min(bucket, heatmap.edges_ms.length - 1)], "y", true);
    const begin = heatmap.t[cells.first];
    const left = u.valToPos(begin, "x", true);
    const right = u.valToPos(begin + cells.columns * cells.group * heatmap.width_s, "x", true);
    const top = edge(cells.lowest + cells.rows);
    const bottom = edge(cells.lowest);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(canvas, left, top, right - left, bottom - top);
    ctx.restore();
  }
}

/**
 * What lies under the pointer.
 * @param {object} heatmap
 * @param {number} value_ms
 * @param {number} at Index of the interval.
 * @returns {{low_ms: number, high_ms: number, count: number, share: number} | null}
 */
export function cellAt(heatmap, at, value_ms) {
  const column = heatmap.columns[at];
  if (!column || !(value_ms > 0)) return null;
  const bucket = heatmap.edges_ms.findIndex((_, index) => {
    const high = heatmap.edges_ms[index + 1];
    return high !== undefined && value_ms >= heatmap.edges_ms[index] && value_ms < high;
  });
  if (bucket < 0) return null;
  let count = 0;
  let all = 0;
  for (const [index, n] of column) {
    all += n;
    if (index === bucket) count = n;
  }
  return {
    low_ms: heatmap.edges_ms[bucket],
    high_ms: heatmap.edges_ms[bucket + 1],
    count,
    share: all === 0 ? 0 : count / all,
  };
}
