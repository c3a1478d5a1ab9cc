// The figures of any window of an embedded record, by the master's rules (master/src/timeline): what the page asks the
// master for while there is one, a report computes here. No I/O, no page.

import { Times, forEachCell } from "acrida/data/packed_times.js";

/** Fractions of the percentiles that tables and charts show. */
export const PERCENTILES = [0.5, 0.66, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0];
export const SERIES_PERCENTILES = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0];

const NAME_OF_TOTAL = "Aggregated";

/** Three decimals, as everywhere in the JSON; null stays. */
const rounded = (value) => (value === null || value === undefined ? null : Math.round(value * 1000) / 1000);

/** What an interval may leave out. */
const EMPTY_CELL = { requests: 0, failures: 0, without_time: 0, bytes: 0, sum_ms: 0, min_ms: null, max_ms: null };

const least = (a, b) => (a === null ? b : b === null ? a : Math.min(a, b));
const most = (a, b) => (a === null ? b : b === null ? a : Math.max(a, b));

/** Cells of several intervals, added up. */
export class Sum {
  requests = 0;
  failures = 0;
  without_time = 0;
  bytes = 0;
  sum_ms = 0;
  min_ms = null;
  max_ms = null;
  times = new Times();
  failedTimes = new Times();
  lag = new Times();
  statusCodes = new Map();

  /** @param {object} cell of the record */
  add(cell) {
    const { requests, failures, without_time, bytes, sum_ms, min_ms, max_ms } = { ...EMPTY_CELL, ...cell };
    this.requests += requests;
    this.failures += failures;
    this.without_time += without_time;
    this.bytes += bytes;
    this.sum_ms += sum_ms;
    this.min_ms = least(this.min_ms, min_ms);
    this.max_ms = most(this.max_ms, max_ms);
    this.times.add(cell.times);
    this.failedTimes.add(cell.failed_times);
    this.lag.add(cell.lag);
    for (const [code, count] of cell.status_codes ?? []) {
      this.statusCodes.set(code, (this.statusCodes.get(code) ?? 0) + count);
    }
  }

  /** Mean time, or null. */
  average() {
    const timed = this.times.size;
    return timed > 0 ? this.sum_ms / timed : null;
  }

  /** @param {number[]} fractions never below the exact minimum nor above the exact maximum */
  percentiles(fractions) {
    return this.#clamped(this.times.percentiles(fractions));
  }

  /** The same of the requests that did not fail; nulls if workers did not tell. */
  okPercentiles(fractions) {
    const ok = this.#okTimes();
    return ok ? this.#clamped(ok.percentiles(fractions)) : fractions.map(() => null);
  }

  /** Mean time of the requests that did not fail. */
  okAverage() {
    const ok = this.#okTimes();
    if (!ok || ok.size === 0) return null;
    let failed = 0;
    for (const [us, count] of this.failedTimes.cells()) failed += (us / 1000) * count;
    return Math.max((this.sum_ms - failed) / ok.size, this.min_ms ?? 0);
  }

  #okTimes() {
    // Every failed request has a time among the failed ones, or has none at all; else a worker does not tell.
    return this.failures <= this.failedTimes.size + this.without_time ? this.times.without(this.failedTimes) : null;
  }

  #clamped(values) {
    return values.map((ms) =>
      ms === null ? null : Math.min(Math.max(ms, this.min_ms ?? ms), Math.max(this.max_ms ?? ms, this.min_ms ?? ms)),
    );
  }
}

/**
 * Some intervals of a record, one after the other.
 * @typedef {object} Window
 * @property {object[]} intervals
 * @property {number} from_s first second
 * @property {number} to_s second after the last one; past the run's end if the last interval is not full
 * @property {number} span_s seconds to divide by: an interval the run did not fill counts as far as it went
 */

/**
 * @param {object} record
 * @param {number|null|undefined} from_s first second; none: from where statistics count
 * @param {number|null|undefined} to_s exclusive; none: the end
 * @returns {Window} snapped outward to whole intervals
 */
export function windowOf(record, from_s, to_s) {
  const { width_s, intervals } = record;
  const end = Math.min(Math.ceil((to_s ?? Infinity) / width_s), intervals.length);
  const first = Math.min(Math.floor((from_s ?? record.counts_from_s) / width_s), end);
  const [begin_s, end_s] = [first * width_s, end * width_s];
  const filled_s = Math.min(end_s, Math.max(record.run.elapsed_s, begin_s));
  const span_s = filled_s > begin_s ? filled_s - begin_s : end_s - begin_s;
  return { intervals: intervals.slice(first, end), from_s: begin_s, to_s: end_s, span_s };
}

/** @param {object} interval @param {number|null} request @returns {object|null} */
function cellOf(interval, request) {
  if (request === null || request === undefined) return interval.total;
  return interval.cells?.find(([id]) => id === request)?.[1] ?? null;
}

function sumOf(window, request) {
  const sum = new Sum();
  for (const interval of window.intervals) {
    const cell = cellOf(interval, request);
    if (cell) sum.add(cell);
  }
  return sum;
}

/** One line of the statistics table. */
function row(sum, id, { method, name }, span_s) {
  const by = (value, count) => (count > 0 ? value / count : 0);
  return {
    id,
    method,
    name,
    requests: sum.requests,
    failures: sum.failures,
    without_time: sum.without_time,
    fail_ratio: sum.requests > 0 ? sum.failures / sum.requests : sum.failures > 0 ? 1 : 0,
    avg_ms: rounded(sum.average()),
    min_ms: rounded(sum.min_ms),
    max_ms: rounded(sum.max_ms),
    avg_bytes: rounded(by(sum.bytes, sum.requests)),
    rate: rounded(by(sum.requests, span_s)),
    fail_rate: rounded(by(sum.failures, span_s)),
    current_rate: null,
    current_fail_rate: null,
    ms: sum.percentiles(PERCENTILES).map(rounded),
    ok_ms: sum.okPercentiles(PERCENTILES).map(rounded),
    ok_avg_ms: rounded(sum.okAverage()),
    lag_p99_ms: rounded(sum.lag.percentiles([0.99])[0]),
    status_codes: Object.fromEntries([...sum.statusCodes].sort(([a], [b]) => a - b)),
  };
}

/** By code points, as the master sorts. */
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** @returns {object} `Statistics` of a window */
export function statistics(record, from_s, to_s) {
  const window = windowOf(record, from_s, to_s);
  const sums = new Map();
  for (const interval of window.intervals) {
    for (const [id, cell] of interval.cells ?? []) {
      if (!sums.has(id)) sums.set(id, new Sum());
      sums.get(id).add(cell);
    }
  }
  const rows = [...sums].map(([id, sum]) => row(sum, id, record.requests[id], window.span_s));
  rows.sort((a, b) => compare(a.name, b.name) || compare(a.method, b.method));
  const total = row(sumOf(window, null), null, { method: "", name: NAME_OF_TOTAL }, window.span_s);
  return { ...spanOf(window), percentiles: PERCENTILES, rows, total };
}

function spanOf(window) {
  return { from_s: window.from_s, to_s: window.to_s, seconds: Math.ceil(window.span_s) };
}

/** @returns {object} `Series` of all requests (`request` null) or of one request name */
export function series(record, request, from_s, to_s) {
  const window = windowOf(record, from_s ?? 0, to_s);
  const { intervals } = window;
  const gauge = (name) => intervals.map((interval) => rounded(interval.gauges?.[name] ?? 0));
  const t = startsOf(record, window);
  const sums = intervals.map((interval) => {
    const sum = new Sum();
    const cell = cellOf(interval, request);
    if (cell) sum.add(cell);
    return sum;
  });
  const lengths = t.map((at) => {
    const rest_s = record.run.elapsed_s - at;
    // The last interval counts as far as the run went; a tenth of a second says nothing about a rate.
    return rest_s < 0.1 ? record.width_s : Math.min(rest_s, record.width_s);
  });
  const perSecond = (name) => sums.map((sum, index) => rounded(sum[name] / lengths[index]));
  const ms = sums.map((sum) => sum.percentiles(SERIES_PERCENTILES).map(rounded));
  return {
    width_s: record.width_s,
    from_s: window.from_s,
    to_s: window.to_s,
    request: request ?? null,
    percentiles: SERIES_PERCENTILES,
    t,
    users: gauge("users"),
    target_users: gauge("target_users"),
    workers: gauge("workers"),
    rate: perSecond("requests"),
    fail_rate: perSecond("failures"),
    in_flight: gauge("in_flight"),
    lag_ms: sums.map((sum) => rounded(sum.lag.percentiles([0.99])[0])),
    loop_lag_ms: gauge("loop_lag_max_ms"),
    cpu_percent: gauge("cpu_max_percent"),
    connections: gauge("connections"),
    bytes_rate: perSecond("bytes"),
    avg_ms: sums.map((sum) => rounded(sum.average())),
    ms: SERIES_PERCENTILES.map((_, place) => ms.map((values) => values[place])),
  };
}

function startsOf(record, window) {
  return window.intervals.map((_, index) => window.from_s + index * record.width_s);
}

/** Bounds of the heat-map's buckets, milliseconds: 8 a decade from 0.01 to one hour. */
const EDGES_MS = (() => {
  const last_ms = 3600000;
  const edges = [];
  for (let step = 0; ; step += 1) {
    const edge = 10 ** (-2 + step / 8);
    if (edge >= last_ms * 0.999) return [...edges, last_ms];
    edges.push(edge);
  }
})();

/** The bucket that holds a time; times beside the edges are in the outermost ones. */
function bucketOf(ms) {
  let [low, high] = [0, EDGES_MS.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (EDGES_MS[middle] <= ms) low = middle + 1;
    else high = middle;
  }
  return Math.min(Math.max(low - 1, 0), EDGES_MS.length - 2);
}

/** @returns {object} `Heatmap` of all requests (`request` null) or of one request name */
export function heatmap(record, request, from_s, to_s) {
  const window = windowOf(record, from_s ?? 0, to_s);
  const columns = window.intervals.map((interval) => {
    const column = [];
    forEachCell(cellOf(interval, request)?.times, (us, count) => {
      const bucket = bucketOf(us / 1000);
      if (column.at(-1)?.[0] === bucket) column.at(-1)[1] += count;
      else column.push([bucket, count]);
    });
    return column;
  });
  const edges_ms = EDGES_MS.map((ms) => Math.round(ms * 1e6) / 1e6);
  return { width_s: record.width_s, edges_ms, t: startsOf(record, window), columns };
}

/** @returns {object} `Failures` of a window, most frequent first */
export function failures(record, from_s, to_s) {
  const counts = new Map();
  for (const interval of windowOf(record, from_s, to_s).intervals) {
    for (const [id, count] of interval.errors ?? []) counts.set(id, (counts.get(id) ?? 0) + count);
  }
  const rows = [...counts].sort(([a], [b]) => a - b).map(([id, occurrences]) => {
    const { method, name, error, fault, first_seen, last_seen, sample } = record.errors[id];
    return { method, name, error, fault, occurrences, first_seen_unix_s: first_seen, last_seen_unix_s: last_seen, sample };
  });
  return { rows: rows.sort((a, b) => b.occurrences - a.occurrences) };
}

/** @returns {object} `Histogram`: the cells of a window */
export function histogram(record, request, from_s, to_s) {
  const window = windowOf(record, from_s, to_s);
  const sum = sumOf(window, request);
  const { min_ms, max_ms } = sum;
  return {
    from_s: window.from_s,
    to_s: window.to_s,
    request: request ?? null,
    count: sum.times.size,
    min_ms: rounded(min_ms),
    max_ms: rounded(max_ms),
    cells: sum.times.cells(),
  };
}
