// One chart over the time of a run: lines, a legend that doubles as the readout of the cursor, zoom, marks, keyboard, a table of the
// same data, a picture. It knows nothing of runs or of the master: panels and comparisons give it arrays.

import { classes, html, useCallback, useEffect, useId, useRef, useState } from "acrida/lib/ui.js";
import { t, useLang } from "acrida/lib/i18n.js";
import { useTheme } from "acrida/lib/theme.js";
import { usePlot } from "acrida/charts/use-plot.js";
import { chartKeys } from "acrida/charts/chart-keys.js";
import { Legend, readout } from "acrida/charts/legend.js";
import { summary, ViewTable } from "acrida/charts/view-table.js";
import { savePicture } from "acrida/charts/picture.js";

const SUMMARY_EVERY_MS = 10_000;

/**
 * @typedef {object} Line
 * @property {string} label
 * @property {string} stroke Colour token (`--c1`) or CSS colour.
 * @property {Array<number | null>} values Of each interval; null where there is none.
 * @property {(value: number) => string} [format] For the readout; default: that of its axis.
 * @property {Array<number>} [dash] Pixels on, off.
 * @property {string} [scale] Key of its axis; default: the first.
 * @property {boolean} [isBare] Without the bars that a line of many points stands on.
 * @property {string} [id] For tests; default: the label.
 *
 * @typedef {object} Axis
 * @property {string} scale
 * @property {"left" | "right"} [side]
 * @property {(value: number) => string} format
 * @property {Function} [range] Ends as uPlot asks for them; default: from 0 to the largest value.
 * @property {number} [least] The smallest upper end of an axis from 0; default 1.
 * @property {boolean} [isExtra] Left out on a phone.
 */

/** What uniquely asks for a new plot: everything that uPlot cannot change later. */
function shapeOf(props, language) {
  const lines = props.series.map((line) => [line.label, line.stroke, line.dash, line.scale, line.width]);
  return JSON.stringify([lines, props.axes.map((axis) => [axis.scale, axis.side]), props.isLog, props.sync, language, props.height, props.width_s]);
}

/**
 * @param {object} props
 * @param {string} props.id For tests and file names: `users`, `rate`.
 * @param {string} props.title
 * @param {string} [props.unit] Of the first axis, shown beside the title.
 * @param {Array<Line>} props.series
 * @param {Array<number>} props.x Where each interval stands on the time axis (its middle), in run seconds, ascending.
 * @param {number} props.width_s Length of an interval.
 * @param {{from_s: number, to_s: number}} props.view What is shown.
 * @param {*} props.revision Changes whenever `values` were changed in place.
 * @param {Array<Axis>} [props.axes]
 * @param {boolean} [props.isLog] First axis logarithmic.
 * @param {Array<object>} [props.marks] In order of time.
 * @param {boolean} [props.hasReachableMarks] Flags are stops of the Tab key.
 * @param {number} [props.height] CSS pixels.
 * @param {string} [props.sync] Charts with the same key share the cursor.
 * @param {(window: {from: number, to: number} | null) => void} [props.onZoom] Null: the whole run.
 * @param {(step: object) => void} [props.onStep] Zoom and pan by keyboard: `{zoom: 0.5, at}` or `{pan: 0.25}`.
 * @param {(second: number | null, u: object) => void} [props.onCursor] Beginning of the interval under the cursor; uPlot.
 * @param {string} [props.empty] Why there is nothing to see; shown in place of the lines.
 * @param {() => object} [props.caption] For pictures: `{run, span}`.
 * @param {*} [props.note] A line beneath the title.
 * @param {*} [props.tools] Controls beside the title.
 * @param {Array<object>} [props.plugins] Of uPlot, by a function of the latest properties.
 * @param {(map: Map) => void} [props.register] Gives the panel what it needs for a picture of all charts.
 */
export function Chart(props) {
  const language = useLang();
  const theme = useTheme();
  const titleId = useId();
  const summaryId = useId();
  const [hidden, setHidden] = useState(() => new Set());
  const [isTable, setTable] = useState(false);
  const legendRef = useRef(null);
  const liveRef = useRef(null);
  const spoken = useRef({ at: 0, about: null, text: "" });

  const axes = props.axes ?? [{ scale: "y", format: String }];
  const series = props.series.map((line) => ({ ...line, show: !hidden.has(line.id ?? line.label) }));
  const chart = { ...props, axes, series, height: props.height ?? 220, theme };

  const onCursor = (u) => {
    readout(legendRef.current, u, series, axes, props.width_s);
    const { idx } = u.cursor;
    props.onCursor?.(idx === null || idx === undefined ? null : props.x[idx] - props.width_s / 2, u);
  };
  const { host, plot, refresh } = usePlot(
    shapeOf({ ...props, axes, height: chart.height }, language),
    chart,
    {
      select: (from, to) => props.onZoom?.({ from, to }),
      reset: () => props.onZoom?.(null),
      cursor: onCursor,
    },
    props.plugins,
  );

  const toggle = useCallback(
    (index, id) => {
      setHidden((before) => {
        const after = new Set(before);
        if (!after.delete(id)) after.add(id);
        plot.current?.setSeries(index + 1, { show: !after.has(id) });
        return after;
      });
    },
    [plot],
  );

  useEffect(() => props.register?.(props.id, { title: props.title, unit: props.unit, plot, refresh, series, axes }));

  // A summary of thousands of figures each second would be wasted: nobody hears it that often.
  const about = [language, props.empty, props.title, props.view.from_s].join();
  if (performance.now() - spoken.current.at > SUMMARY_EVERY_MS || spoken.current.about !== about) {
    spoken.current = { at: performance.now(), about, text: summary(props, axes) };
  }

  const keys = chartKeys({
    plot,
    view: props.view,
    onZoom: props.onZoom,
    onStep: props.onStep,
    say: () => {
      liveRef.current.textContent = legendRef.current?.dataset.spoken ?? "";
    },
  });

  return html`<section class="chart" data-testid=${`chart-${props.id}`} aria-labelledby=${titleId}>
    <header class="chart-head">
      <h3 id=${titleId}>${props.title}${props.unit && html`${" "}<span class="chart-unit">${props.unit}</span>`}</h3>
      <div class="chart-tools">
        ${props.tools}
        <button
          type="button"
          class="chart-tool"
          aria-pressed=${isTable}
          title=${t("charts.table_title")}
          aria-label=${t("charts.table_of", { title: props.title })}
          data-testid=${`chart-${props.id}-table`}
          onClick=${() => setTable(!isTable)}
        >
          ${t("charts.table")}
        </button>
        <button
          type="button"
          class="chart-tool"
          title=${t("charts.png_title")}
          aria-label=${t("charts.png_of", { title: props.title })}
          data-testid=${`chart-${props.id}-png`}
          onClick=${() => savePicture([{ title: props.title, unit: props.unit, plot: plot.current, series, axes }], props)}
        >
          PNG
        </button>
      </div>
    </header>
    ${props.note && html`<p class="chart-note">${props.note}</p>`}
    <${Legend} root=${legendRef} id=${props.id} series=${series} hidden=${hidden} onToggle=${toggle} />
    <div class="chart-body">
      <div
        class=${classes("chart-plot", props.empty && "is-empty")}
        ref=${host}
        tabindex="0"
        role="group"
        aria-roledescription=${t("charts.chart")}
        aria-labelledby=${titleId}
        aria-describedby=${summaryId}
        data-testid=${`chart-${props.id}-plot`}
        onKeyDown=${keys}
      ></div>
      ${props.empty && html`<p class="chart-empty" data-testid=${`chart-${props.id}-empty`}>${props.empty}</p>`}
    </div>
    <p class="unseen" id=${summaryId}>${spoken.current.text} ${t("charts.keys")}</p>
    <p class="unseen" role="status" ref=${liveRef}></p>
    ${isTable && html`<${ViewTable} ...${props} axes=${axes} />`}
  </section>`;
}
