// A line of more points than pixels, drawn as what the eye sees of it: the band between the smallest and the largest value of each
// pixel column, filled. Stroking the thousands of zigzags of a two-hour history costs the browser ten times as much.

import uPlot from "acrida/vendor/uplot.js";

/** Points a pixel from which a line is drawn as a band. */
const DENSE = 2;

/**
 * Smallest and largest value of each pixel column, as stretches without long gaps between. Pure.
 * @param {ArrayLike<number>} x Ascending.
 * @param {ArrayLike<number | null>} y
 * @param {number} first Index.
 * @param {number} last Index, inclusive.
 * @param {(value: number) => number} column Pixel column of an x.
 * @param {number} longest Difference of x up to which a gap is crossed.
 * @returns {Array<Array<{at: number, low: number, high: number}>>} A column also holds the last value of the one before, so that the
 *   band has no tears.
 */
export function bands(x, y, first, last, column, longest) {
  const stretches = [];
  let band = null;
  let stretch = null;
  let before = -Infinity;
  let value = null;
  for (let index = first; index <= last; index += 1) {
    const now = y[index];
    if (now === null || now === undefined) continue;
    const at = column(x[index]);
    if (stretch === null || x[index] - before > longest) {
      stretch = [];
      stretches.push(stretch);
      band = null;
      value = now;
    }
    if (band === null || at !== band.at) {
      band = { at, low: Math.min(value, now), high: Math.max(value, now) };
      stretch.push(band);
    } else if (now < band.low) band.low = now;
    else if (now > band.high) band.high = now;
    value = now;
    before = x[index];
  }
  return stretches;
}

/** The outline of a stretch, `half` pixels beyond its values. */
function outline(path, stretch, offset, toY, half) {
  const [begin, end] = [stretch[0], stretch[stretch.length - 1]];
  path.moveTo(offset + begin.at, toY(begin.high) - half);
  for (const band of stretch) path.lineTo(offset + band.at + 0.5, toY(band.high) - half);
  path.lineTo(offset + end.at + 1, toY(end.high) - half);
  path.lineTo(offset + end.at + 1, toY(end.low) + half);
  for (let index = stretch.length - 1; index >= 0; index -= 1) {
    path.lineTo(offset + stretch[index].at + 0.5, toY(stretch[index].low) + half);
  }
  path.lineTo(offset + begin.at, toY(begin.low) + half);
  path.closePath();
}

/**
 * How uPlot draws a line.
 * @param {object} line
 * @param {number} line.width CSS pixels.
 * @param {boolean} line.isDashed Such a line keeps one point a column: its last.
 * @param {number} longest Seconds of silence that a dense line still crosses.
 * @returns {Function} For `paths` of a series; the series needs a `fill` of its stroke's colour.
 */
export function linePaths({ width, isDashed }, longest) {
  const thin = uPlot.paths.linear();
  return (u, place, first, last) => {
    if (last - first <= DENSE * u.bbox.width) {
      const drawn = thin(u, place, first, last);
      return drawn && { ...drawn, fill: null };
    }
    const path = new Path2D();
    uPlot.orient(u, place, (_, dataX, dataY, scaleX, scaleY, toX, toYOf, left, top, wide, high) => {
      const toY = (value) => toYOf(value, scaleY, high, top);
      const perUnit = wide / (scaleX.max - scaleX.min);
      const column = (value) => Math.floor((value - scaleX.min) * perUnit);
      for (const stretch of bands(dataX, dataY, first, last, column, longest)) {
        if (isDashed) stretch.forEach((band, index) => path[index === 0 ? "moveTo" : "lineTo"](left + band.at, toY(band.high)));
        else outline(path, stretch, left, toY, (width * devicePixelRatio) / 2);
      }
    });
    const none = { clip: null, band: null, gaps: null, flags: 0 };
    return isDashed ? { ...none, stroke: path, fill: null } : { ...none, stroke: null, fill: path };
  };
}
