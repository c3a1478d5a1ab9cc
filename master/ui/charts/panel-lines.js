// Which lines the four charts of a run have. No state: from a series to descriptions of charts.

import { msUnit, number, percent, rate, whole } from "acrida/lib/format.js";
import { t } from "acrida/lib/i18n.js";

/** Key of the mean among the lines of the response times; the others are fractions. */
export const MEAN = "avg";

const COLOURS = new Map([
  [0.5, "--c1"],
  [0.75, "--c5"],
  [0.9, "--c3"],
  [0.95, "--c2"],
  [0.99, "--c4"],
  [0.999, "--c6"],
  [0.9999, "--c7"],
  [1, "--c8"],
  [MEAN, "--text-dim"],
]);

/**
 * Name of a percentile: p50, p99.9; "max" for 1.
 * @param {number | "avg"} fraction
 * @returns {string}
 */
export function percentileName(fraction) {
  if (fraction === MEAN) return t("charts.average");
  if (fraction === 1) return t("charts.maximum");
  return `p${Number((fraction * 100).toFixed(4))}`;
}

/** Figure of a tick: as many digits as it needs, no more. */
export function tickText(value) {
  return Number.isInteger(value) ? whole(value) : number(value, Math.min(3, String(Number(value.toPrecision(3))).split(".")[1]?.length ?? 0));
}

/** Milliseconds of a tick; seconds from 1000 on. */
export function tickMs(value) {
  return value >= 1000 ? `${tickText(value / 1000)} s` : tickText(value);
}

const wholeUp = (value) => (Number.isInteger(value) ? whole(value) : "");

/** Room above the workers' line, so that it does not lie on the users'. */
const workerRange = (_, low, high) => [0, Math.max(2, Math.ceil((high ?? 0) * 1.6))];

/** Users wanted and real; workers. */
export function userChart(series) {
  return {
    id: "users",
    title: t("charts.users_title"),
    series: [
      { id: "target-users", label: t("charts.target_users"), stroke: "--c8", dash: [5, 4], values: series.target_users, format: whole },
      { id: "users", label: t("charts.users"), stroke: "--c1", values: series.users, format: whole, width: 2 },
      { id: "workers", label: t("charts.workers"), stroke: "--c2", scale: "workers", values: series.workers, format: whole },
    ],
    axes: [
      { scale: "y", format: wholeUp },
      { scale: "workers", side: "right", format: wholeUp, size: 36, colour: "--c2", range: workerRange },
    ],
  };
}

/** Requests and failures a second. */
export function rateChart(series) {
  return {
    id: "rate",
    title: t("charts.rate_title"),
    unit: t("charts.per_second"),
    series: [
      { id: "rate", label: t("charts.rate"), stroke: "--c3", values: series.rate, width: 2 },
      { id: "fail-rate", label: t("charts.fail_rate"), stroke: "--c4", values: series.fail_rate },
    ],
    axes: [{ scale: "y", format: tickText }],
  };
}

/**
 * Response times.
 * @param {object} series
 * @param {Array<number>} chosen Fractions to show.
 * @param {boolean} hasMean
 * @param {boolean} isLog
 */
export function timeChart(series, chosen, hasMean, isLog) {
  const lines = series.percentiles
    .map((fraction, index) => ({ fraction, values: series.ms[index] }))
    .filter(({ fraction }) => chosen.includes(fraction));
  if (hasMean) lines.push({ fraction: MEAN, values: series.avg_ms });
  return {
    id: "times",
    title: t("charts.times_title"),
    unit: "ms",
    isLog,
    series: lines.map(({ fraction, values }) => ({
      id: fraction === 1 ? "max" : fraction === MEAN ? MEAN : `p${Number((fraction * 100).toFixed(4))}`,
      label: percentileName(fraction),
      stroke: COLOURS.get(fraction) ?? "--c8",
      dash: fraction === MEAN ? [4, 3] : undefined,
      values,
      format: msUnit,
    })),
    axes: [{ scale: "y", format: tickMs }],
  };
}

/** Requests under way, and whether the generator itself keeps up. */
export function generatorChart(series) {
  return {
    id: "generator",
    title: t("charts.generator_title"),
    series: [
      { id: "in-flight", label: t("charts.in_flight"), stroke: "--c1", values: series.in_flight, width: 2, format: rate },
      { id: "lag", label: t("charts.lag"), stroke: "--c2", scale: "ms", values: series.lag_ms, format: msUnit },
      { id: "loop-lag", label: t("charts.loop_lag"), stroke: "--c6", scale: "ms", values: series.loop_lag_ms, format: msUnit },
      { id: "cpu", label: t("charts.cpu"), stroke: "--c3", scale: "cpu", values: series.cpu_percent, format: (value) => percent(value / 100) },
    ],
    axes: [
      { scale: "y", format: tickText },
      { scale: "ms", side: "right", format: (value) => `${tickText(value)} ms`, size: 58, least: 1, colour: "--c2" },
      {
        scale: "cpu",
        side: "right",
        format: (value) => `${whole(value)} %`,
        size: 48,
        colour: "--c3",
        isExtra: true,
        range: (_, low, high) => [0, Math.max(100, high ?? 0)],
      },
    ],
  };
}
