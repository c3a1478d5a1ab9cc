// Lines of many points. With several points a pixel a line is drawn as what the eye can see of it: for each pixel column a bar from the
// smallest to the largest value, pale, and through the columns a line at their means. All of it is of hairlines, one beside the other:
// where a browser draws with the processor, stroking zigzags wider than a pixel costs twenty times as much, and filling shapes five times.

import uPlot from "acrida/vendor/uplot.js";
import { paint } from "acrida/charts/palette.js";

/** Points a pixel from which a line is drawn by pixel columns. */
const DENSE = 2;
/** Points a pixel from which a line is drawn of hairlines: below that its corners are seen. */
const MANY = 0.25;
const BAR_ALPHA = 0.3;

/**
 * Smallest, largest and mean value of each pixel column, as stretches without long gaps between. Pure.
 * @param {ArrayLike<number>} x Ascending.
 * @param {ArrayLike<number | null>} y
 * @param {number} first Index.
 * @param {number} last Index, inclusive.
 * @param {(value: number) => number} column Pixel column of an x.
 * @param {number} longest Difference of x up to which a gap is crossed.
 * @returns {Array<Array<{at: number, low: number, high: number, sum: number, count: number}>>}
 */
export function bands(x, y, first, last, column, longest) {
  const stretches = [];
  let band = null;
  let stretch = null;
  let before = -Infinity;
  for (let index = first; index <= last; index += 1) {
    const now = y[index];
    if (now === null || now === undefined) continue;
    const at = column(x[index]);
    if (stretch === null || x[index] - before > longest) {
      stretch = [];
      stretches.push(stretch);
      band = null;
    }
    before = x[index];
    if (band === null || at !== band.at) {
      band = { at, low: now, high: now, sum: now, count: 1 };
      stretch.push(band);
      continue;
    }
    if (now < band.low) band.low = now;
    else if (now > band.high) band.high = now;
    band.sum += now;
    band.count += 1;
  }
  return stretches;
}

/** By plot and series: what was last computed, since a drawing asks twice. */
const computed = new WeakMap();

/** The stretches of a series in its plot; null if it has pixels enough to be drawn point by point. */
function stretchesOf(u, index, longest) {
  const [first, last] = u.series[0].idxs ?? [0, -1];
  const { left, width } = u.bbox;
  if (last - first <= DENSE * width) return null;
  const { min, max } = u.scales.x;
  const [x, y] = [u.data[0], u.data[index]];
  const key = [x, y, first, last, min, max, left, width];
  if (!computed.has(u)) computed.set(u, []);
  const known = computed.get(u)[index];
  if (known?.key.every((part, place) => part === key[place])) return known.stretches;
  const perUnit = width / (max - min);
  const stretches = bands(x, y, first, last, (value) => Math.floor((value - min) * perUnit), longest);
  computed.get(u)[index] = { key, stretches };
  return stretches;
}

/** The line through the means, as a path for uPlot. */
function meansPath(u, stretches, scale) {
  const stroke = new Path2D();
  for (const stretch of stretches) {
    stretch.forEach(({ at, sum, count }, place) => {
      stroke[place === 0 ? "moveTo" : "lineTo"](u.bbox.left + at, u.valToPos(sum / count, scale, true));
    });
  }
  return { stroke, fill: null, clip: null, band: null, gaps: null, flags: 0 };
}

/** The same line of hairlines, as many as make its width. */
function ofHairlines(paths, width) {
  const pixels = Math.max(1, Math.round(width * devicePixelRatio));
  const stroke = new Path2D();
  for (let number = 0; number < pixels; number += 1) {
    stroke.addPath(paths.stroke, new DOMMatrix([1, 0, 0, 1, 0, number - (pixels - 1) / 2]));
  }
  return { ...paths, stroke, _width: 1 / devicePixelRatio };
}

/**
 * How uPlot draws a line: point by point, or through the means of the pixel columns.
 * @param {number} width CSS pixels.
 * @param {number} longest Seconds of silence that a dense line still crosses.
 * @returns {Function} For `paths` of a series.
 */
export function linePaths(width, longest) {
  const pointByPoint = uPlot.paths.linear();
  return (u, index, first, last) => {
    const stretches = stretchesOf(u, index, longest);
    const paths = stretches ? meansPath(u, stretches, u.series[index].scale) : pointByPoint(u, index, first, last);
    return paths?.stroke && last - first > MANY * u.bbox.width ? ofHairlines(paths, width) : paths;
  };
}

/**
 * A plugin that draws the bars, beneath all lines.
 * @param {Array<{stroke: string, dash?: Array<number>, isBare?: boolean}>} lines In the order of the plot's series. Dashed and bare ones
 *   have no bars.
 * @param {number} longest As for `linePaths`.
 */
export function denseBars(lines, longest) {
  const draw = (u) => {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.globalAlpha = BAR_ALPHA;
    ctx.lineWidth = 1;
    ctx.lineCap = "butt";
    ctx.setLineDash([]);
    lines.forEach((line, place) => {
      const series = u.series[place + 1];
      const stretches = series.show && !line.dash && !line.isBare && stretchesOf(u, place + 1, longest);
      if (!stretches) return;
      ctx.strokeStyle = paint(line.stroke);
      ctx.beginPath();
      for (const stretch of stretches) {
        for (const { at, low, high } of stretch) {
          if (low === high) continue;
          const x = bbox.left + at + 0.5;
          ctx.moveTo(x, u.valToPos(high, series.scale, true));
          ctx.lineTo(x, u.valToPos(low, series.scale, true));
        }
      }
      ctx.stroke();
    });
    ctx.restore();
  };
  return { hooks: { drawAxes: draw } };
}
