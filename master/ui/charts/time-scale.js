// Seconds of a run on an axis: ticks, and windows snapped to the intervals that were recorded. Pure.

/** Steps between ticks in seconds, such as a person would choose. */
export const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

/** The shortest time that the axis of a growing run shows, so that its first seconds do not fill the page. */
const SHORTEST_GROWING_S = 10;
/** The shortest time that an axis shows: an axis from 0 to 0 cannot be drawn. */
const SHORTEST_S = 1;

/**
 * The window of whole intervals that contains the given one.
 * @param {number} from Seconds.
 * @param {number} to Seconds.
 * @param {number} width Length of an interval in seconds.
 * @param {number} end Second at which the record ends.
 * @returns {{from_s: number, to_s: number} | null} Null if it would be the whole run.
 */
export function snapWindow(from, to, width, end) {
  const last = Math.max(width, Math.ceil(end / width) * width);
  let first = Math.floor(Math.max(0, Math.min(from, to)) / width + 1e-6) * width;
  let until = Math.ceil(Math.min(last, Math.max(from, to)) / width - 1e-6) * width;
  first = Math.min(first, last - width);
  until = Math.max(until, first + width);
  if (first <= 0 && until >= last) return null;
  return { from_s: first, to_s: until };
}

/**
 * The window after zooming about a moment.
 * @param {{from_s: number, to_s: number}} view What is shown now.
 * @param {number} factor Below 1 shows less, above 1 more.
 * @param {number} centre Second that stays where it is.
 * @param {number} width Length of an interval in seconds.
 * @param {number} end Second at which the record ends.
 * @returns {{from_s: number, to_s: number} | null}
 */
export function zoomWindow(view, factor, centre, width, end) {
  const from = centre - (centre - view.from_s) * factor;
  const to = centre + (view.to_s - centre) * factor;
  // Whole intervals before they are snapped outward: else the half of a run of three intervals would be all of it again.
  const wanted = Math.max(width, Math.round((to - from) / width) * width);
  const first = Math.min(Math.round(Math.max(0, from) / width) * width, Math.max(0, end - wanted));
  return snapWindow(first, first + wanted, width, end);
}

/**
 * The window moved by a part of its length.
 * @param {{from_s: number, to_s: number}} view
 * @param {number} part E.g. 0.25 to the right, -0.25 to the left.
 * @param {number} width Length of an interval in seconds.
 * @param {number} end Second at which the record ends.
 * @returns {{from_s: number, to_s: number} | null}
 */
export function panWindow(view, part, width, end) {
  const length = view.to_s - view.from_s;
  const step = Math.sign(part) * Math.max(width, Math.round((length * Math.abs(part)) / width) * width);
  const first = Math.min(Math.max(0, view.from_s + step), Math.max(0, end - length));
  return snapWindow(first, first + length, width, end);
}

/**
 * What a chart shows: the window, or the run as far as it has come.
 * @param {{from_s: number, to_s: number} | null} window
 * @param {number} end Second at which the record ends.
 * @param {boolean} isGrowing Whether more will come; the axis of a run that is over ends with it.
 * @returns {{from_s: number, to_s: number}}
 */
export function viewOf(window, end, isGrowing) {
  return window ?? { from_s: 0, to_s: Math.max(end, isGrowing ? SHORTEST_GROWING_S : SHORTEST_S) };
}

/** Position of the recorded interval that contains a second: the last one that begins at or before it, or -1. */
export function indexAt(t, second) {
  let low = 0;
  let high = t.length - 1;
  let found = -1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (t[middle] <= second) {
      found = middle;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return found;
}
