// Options of uPlot for our charts. No Preact here: what a chart looks like, from its description.

import { clock } from "acrida/lib/format.js";
import { denseBars, linePaths } from "acrida/charts/dense-line.js";
import { FLAG_STRIP, markFlags } from "acrida/charts/mark-flags.js";
import { paint } from "acrida/charts/palette.js";
import { STEPS_S } from "acrida/charts/time-scale.js";

const FONT = "11px system-ui, sans-serif";

/**
 * Intervals without a figure that a line still crosses: workers may report every third second only, and that is no gap. Longer
 * silence is shown as one.
 */
export const CROSSED_INTERVALS = 4;

/** Leaves out gaps that are short enough to cross. Gaps come and go as pixels. */
function longGaps(width_s) {
  return (u, _, first, last, gaps) => {
    const pixels = u.valToPos(width_s, "x", true) - u.valToPos(0, "x", true);
    return gaps.filter(([from, to]) => to - from > (CROSSED_INTERVALS + 0.5) * pixels);
  };
}

/** Width in CSS pixels below which a chart leaves out what is not needed: a phone's. */
export const NARROW = 520;

function grid() {
  return { stroke: () => paint("--border"), width: 1 };
}

/** The time axis. */
export function timeAxis() {
  return {
    scale: "x",
    stroke: () => paint("--text-dim"),
    font: FONT,
    grid: grid(),
    ticks: { show: false },
    size: 26,
    space: 64,
    incrs: STEPS_S,
    values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? clock(tick) : "")),
  };
}

/** Ticks of a logarithmic axis that get a line and a figure: powers of ten, and 2 and 5 times them while there is room. */
function logTicks(u, ticks, index) {
  const scale = u.scales[u.axes[index].scale];
  const hasRoom = Math.log10(scale.max / scale.min) <= 3;
  return ticks.map((tick) => {
    const mantissa = Number((tick / 10 ** Math.floor(Math.log10(tick) + 1e-9)).toFixed(3));
    return mantissa === 1 || (hasRoom && (mantissa === 2 || mantissa === 5)) ? tick : null;
  });
}

/**
 * A value axis.
 * @param {{scale: string, side?: "left" | "right", format: (value: number) => string, size?: number}} axis
 * @param {boolean} hasGrid
 */
export function valueAxis(axis, hasGrid) {
  return {
    scale: axis.scale,
    side: axis.side === "right" ? 1 : 3,
    stroke: () => paint(axis.colour ?? "--text-dim"),
    font: FONT,
    grid: hasGrid ? { ...grid(), ...(axis.isLog && { filter: logTicks }) } : { show: false },
    ...(axis.isLog && { filter: logTicks }),
    ticks: { show: false },
    size: axis.size ?? 52,
    gap: 6,
    space: axis.isLog ? 22 : 30,
    values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : axis.format(tick))),
  };
}

/** A linear scale from 0 up, with a little room above; an empty one shows 0 to 1. */
function fromZero(least) {
  return (_, low, high) => {
    const top = Math.max(high ?? 0, least);
    return [Math.min(0, low ?? 0), top * 1.06];
  };
}

/** A logarithmic scale that begins and ends close to the data: at 1, 2 or 5 times a power of ten. */
export function logRange(_, low, high) {
  if (!(high > 0)) return [1, 1000];
  const floor = Math.max(low > 0 ? low : high / 1000, 0.001);
  const step = (value, isUp) => {
    const power = 10 ** Math.floor(Math.log10(value));
    const all = [1, 2, 5, 10].map((factor) => factor * power);
    return isUp ? all.find((one) => one >= value * 1.0001) ?? all[3] : all.reverse().find((one) => one <= value) ?? power;
  };
  const [from, to] = [step(floor, false), step(high, true)];
  return to / from < 10 ? [from, from * 10] : [from, to];
}

/**
 * @param {object} chart
 * @param {Array<object>} chart.series See `Chart`.
 * @param {Array<object>} chart.axes
 * @param {boolean} chart.isLog
 * @param {number} chart.width_s Length of an interval.
 * @param {string | undefined} chart.sync
 * @param {boolean} chart.hasReachableMarks
 * @param {{width: number, height: number, from: number, to: number}} size
 * @param {object} on `marks()`, `select(from, to)`, `cursor(u)`, `reset()`
 * @param {Array<object>} [plugins]
 * @returns {object} Options for uPlot.
 */
export function plotOptions(chart, size, on, plugins = []) {
  const narrow = size.width < NARROW;
  const longest = (CROSSED_INTERVALS + 0.5) * chart.width_s;
  const scales = { x: { time: false, auto: false, min: size.from, max: size.to } };
  const axes = [timeAxis()];
  chart.axes.forEach((axis, index) => {
    const isLog = Boolean(chart.isLog && index === 0);
    scales[axis.scale] = isLog
      ? { distr: 3, log: 10, range: axis.range ?? logRange }
      : { range: axis.range ?? fromZero(axis.least ?? 1) };
    if (index === 0 || !narrow || !axis.isExtra) axes.push(valueAxis({ ...axis, isLog }, index === 0));
  });
  return {
    width: size.width,
    height: size.height,
    pxAlign: 1,
    padding: [FLAG_STRIP, chart.axes.some((axis) => axis.side === "right") ? 0 : 22, 0, 0],
    legend: { show: false },
    scales,
    axes,
    series: [
      {},
      ...chart.series.map((line) => ({
        label: line.label,
        scale: line.scale ?? chart.axes[0].scale,
        stroke: () => paint(line.stroke),
        paths: linePaths(line.width ?? 1.5, longest),
        width: line.width ?? 1.5,
        dash: line.dash,
        show: line.show ?? true,
        spanGaps: false,
        gaps: longGaps(chart.width_s),
        points: { size: 4, space: 24, fill: () => paint(line.stroke) },
      })),
    ],
    cursor: {
      y: false,
      points: { size: 6, width: 0 },
      drag: { x: true, y: false, setScale: false, dist: 4 },
      bind: { dblclick: () => () => on.reset() },
      sync: chart.sync
        ? { key: chart.sync, setSeries: false, scales: ["x", null], filters: { pub: (type) => type === "mousemove" } }
        : undefined,
    },
    hooks: {
      setSelect: [
        (u) => {
          const { left, width } = u.select;
          if (width < 4) return;
          on.select(u.posToVal(left, "x"), u.posToVal(left + width, "x"));
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      setCursor: [(u) => on.cursor(u)],
    },
    plugins: [...plugins, denseBars(chart.series, longest), markFlags(on.marks, Boolean(chart.hasReachableMarks))],
  };
}
