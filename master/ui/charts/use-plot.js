// Life of one uPlot instance inside a component: made once for a given set of lines, then only given data; drawn only while it is
// on the screen or printed; follows its box's width and the theme.

import { useEffect, useLayoutEffect, useRef } from "acrida/lib/ui.js";
import { usePrinting } from "acrida/lib/printing.js";
import uPlot from "acrida/vendor/uplot.js";
import { drawSoon, forgetDraw } from "acrida/charts/draw-queue.js";
import { NARROW, plotOptions } from "acrida/charts/plot.js";

/** CSS pixels. */
const LEAST_WIDTH = 120;
/** The style sheet for paper makes it as wide as the paper is; on A4 its texts come out as large as those around it. */
const PAPER_WIDTH = 900;

/**
 * @param {string} shape Changes when the plot must be made anew: its lines, scales, language.
 * @param {object} chart Present description: `series`, `axes`, `x`, `view {from_s, to_s}`, `marks`, `height`, `theme`, …
 * @param {object} on `select(from, to)`, `cursor(u)`, `reset()`; looked up at each call.
 * @param {(latest: {current: object}) => Array<object>} [plugins] Of uPlot.
 * @returns {{host: object, plot: object, refresh: () => void}} Refs of the element to fill and of the uPlot instance (null before it
 *   is made); `refresh` draws what was put off while the chart was not on the screen.
 */
export function usePlot(shape, chart, on, plugins) {
  const host = useRef(null);
  const plot = useRef(null);
  const latest = useRef(null);
  const fit = useRef(null);
  const state = useRef({ isVisible: true, isStale: false, isNarrow: false });
  latest.current = { chart, on };

  // One function for the life of the component: the queue tells by it who waits already.
  const draw = useRef(() => {
    const u = plot.current;
    if (!u) return;
    state.current.isStale = !state.current.isVisible && !state.current.isWanted;
    if (state.current.isStale) return;
    const { chart: present, on: handlers } = latest.current;
    u.batch(() => {
      u.setData([present.x, ...present.series.map((line) => line.values)], false);
      u.setScale("x", { min: present.view.from_s, max: present.view.to_s });
    });
    handlers.cursor(u);
  }).current;

  useLayoutEffect(() => {
    const element = host.current;
    const make = (width) => {
      plot.current?.destroy();
      const { chart: present } = latest.current;
      state.current.isNarrow = width < NARROW;
      const size = { width, height: present.height, from: present.view.from_s, to: present.view.to_s };
      const handlers = {
        marks: () => latest.current.chart.marks ?? [],
        select: (from, to) => latest.current.on.select(from, to),
        reset: () => latest.current.on.reset(),
        cursor: (u) => latest.current.on.cursor(u),
      };
      const data = [present.x, ...present.series.map((line) => line.values)];
      plot.current = new uPlot(plotOptions(present, size, handlers, plugins?.(latest) ?? []), data, element);
    };
    const room = () => Math.max(LEAST_WIDTH, element.clientWidth);
    make(room());
    latest.current.on.cursor(plot.current);
    fit.current = (width = room()) => {
      if (width === plot.current.width) return;
      if (width < NARROW !== state.current.isNarrow) make(width);
      else plot.current.setSize({ width, height: latest.current.chart.height });
    };
    const resized = new ResizeObserver(() => fit.current());
    resized.observe(element);
    const seen = new IntersectionObserver(
      (entries) => {
        state.current.isVisible = entries[entries.length - 1].isIntersecting;
        if (state.current.isVisible && state.current.isStale) drawSoon(draw);
      },
      { rootMargin: "100px" },
    );
    seen.observe(element);
    return () => {
      resized.disconnect();
      seen.disconnect();
      forgetDraw(draw);
      plot.current.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => drawSoon(draw), [chart.x, chart.revision, chart.view.from_s, chart.view.to_s, chart.marks, chart.theme]);

  const drawUnseen = useRef(() => {
    state.current.isWanted = true;
    draw();
    state.current.isWanted = false;
  }).current;
  const refresh = useRef(() => state.current.isStale && drawUnseen()).current;

  usePrinting(
    () => {
      fit.current(PAPER_WIDTH);
      drawUnseen();
    },
    () => {
      fit.current();
      drawUnseen();
    },
  );
  return { host, plot, refresh };
}
