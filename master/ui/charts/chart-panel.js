// The Charts tab: four linked charts and the latency heat-map, for all requests or one name, with one cursor, one zoom and one list
// of marks. What is zoomed to is the window of the whole page: the tables show its figures.

import { html, useCallback, useMemo, useRef, useState } from "acrida/lib/ui.js";
import { clock } from "acrida/lib/format.js";
import { t, useLang } from "acrida/lib/i18n.js";
import { recall, remember } from "acrida/lib/memory.js";
import { select, useSelection } from "acrida/data/selection.js";
import { useData, useSource } from "acrida/data/source.js";
import { Chart } from "acrida/charts/chart.js";
import { HeatmapChart } from "acrida/charts/heatmap.js";
import { LinePicker } from "acrida/charts/line-picker.js";
import { allMarks } from "acrida/charts/mark-kinds.js";
import { MarksList } from "acrida/charts/marks-list.js";
import { generatorChart, rateChart, timeChart, userChart } from "acrida/charts/panel-lines.js";
import { savePicture } from "acrida/charts/picture.js";
import { RequestSelect, requestLabel } from "acrida/charts/request-select.js";
import { panWindow, snapWindow, viewOf, zoomWindow } from "acrida/charts/time-scale.js";
import { useRequestPart } from "acrida/charts/use-request-part.js";

const SYNC = "acrida-run";
const ORDER = ["users", "rate", "times", "generator", "heatmap"];
const KEY_LOG = "acrida.charts.log";
const KEY_MEAN = "acrida.charts.mean";

/** Seconds shown on each side of a mark at least, when one goes to it. */
const AROUND_MARK_S = 15;

const EMPTY_SERIES = {
  width_s: 1,
  to_s: 0,
  percentiles: [],
  t: [],
  ms: [],
  ...Object.fromEntries(
    ["users", "target_users", "workers", "rate", "fail_rate", "in_flight", "lag_ms", "loop_lag_ms", "cpu_percent", "avg_ms"].map(
      (name) => [name, []],
    ),
  ),
};

/** State of a flag that the browser remembers. */
function useKept(key, otherwise) {
  const [value, setValue] = useState(() => recall(key, otherwise));
  return [
    value,
    (next) => {
      remember(key, next);
      setValue(next);
    },
  ];
}

/** Zoom and pan for all charts of the panel, written to the page's selection. */
function useZoom(view, width, end) {
  const latest = useRef(null);
  latest.current = { view, width, end };
  const onZoom = useCallback((span) => {
    const { width: step, end: last } = latest.current;
    select({ window: span && snapWindow(span.from, span.to, step, last) });
  }, []);
  const onStep = useCallback(({ zoom, pan, at }) => {
    const { view: now, width: step, end: last } = latest.current;
    const centre = at ?? (now.from_s + now.to_s) / 2;
    select({ window: zoom ? zoomWindow(now, zoom, centre, step, last) : panWindow(now, pan, step, last) });
  }, []);
  return { onZoom, onStep };
}

/** Where each interval stands: its middle. */
function useMiddles(series) {
  return useMemo(() => series.t.map((second) => second + series.width_s / 2), [series]);
}

function Toolbar({ rows, request, window, view, zoom, time, onPicture }) {
  return html`<div class="charts-bar no-print">
    <${RequestSelect} rows=${rows} chosen=${request} onChoose=${(id) => select({ request: id })} />
    <div class="charts-zoom" role="group" aria-label=${t("charts.zoom")}>
      <button type="button" class="chart-tool" aria-label=${t("charts.zoom_in")} title=${t("charts.zoom_in")} data-testid="zoom-in"
        onClick=${() => zoom.onStep({ zoom: 0.5 })}>+</button>
      <button type="button" class="chart-tool" aria-label=${t("charts.zoom_out")} title=${t("charts.zoom_out")} disabled=${!window}
        data-testid="zoom-out" onClick=${() => zoom.onStep({ zoom: 2 })}>−</button>
      <span class="charts-span" data-testid="charts-span">${clock(view.from_s)}–${clock(view.to_s)}</span>
      ${window
        ? html`<button type="button" class="chart-tool" data-testid="zoom-reset" onClick=${() => zoom.onZoom(null)}>
            ${t("charts.whole_run")}
          </button>`
        : html`<span class="dim charts-hint">${t("charts.drag_hint")}</span>`}
    </div>
    <output class="charts-time" ref=${time} data-testid="charts-time"></output>
    <button type="button" class="chart-tool" title=${t("charts.png_all_title")} data-testid="charts-png" onClick=${onPicture}>
      ${t("charts.png_all")}
    </button>
  </div>`;
}

/** Why there are no lines, or undefined if there are. */
function emptyReason(series, error, isLoading) {
  if (error) return t("charts.failed", { reason: error });
  if (isLoading) return t("charts.loading");
  return series && series.t.length > 0 ? undefined : t("charts.nothing_yet");
}

/** The panel; reads the source of the context and the page's selection. */
export function Charts() {
  const language = useLang();
  const source = useSource();
  const request = useSelection((now) => now.request);
  const window = useSelection((now) => now.window);
  const chosen = useSelection((now) => now.percentiles);
  const rows = useData((state) => state.statistics?.rows) ?? [];
  const marks = useData((state) => state.marks);
  const findings = useData((state) => state.diagnosis);
  const fetched = useRequestPart("series", request);
  const heat = useRequestPart("heatmap", request);
  const [isLog, setLog] = useKept(KEY_LOG, true);
  const [hasMean, setMean] = useKept(KEY_MEAN, false);
  const time = useRef(null);
  const charts = useRef(new Map());

  // While the figures of another name are on their way, the lines go; the time axis stays.
  const whole = useData((state) => state.series);
  const series = fetched.value ?? { ...EMPTY_SERIES, percentiles: whole?.percentiles ?? [], ms: (whole?.percentiles ?? []).map(() => []) };
  const end = Math.max(series.to_s, whole?.to_s ?? 0);
  const width = fetched.value?.width_s ?? whole?.width_s ?? 1;
  const isGrowing = useData((state) => source.kind === "live" && state.status?.state !== "stopped");
  const view = viewOf(window, end, isGrowing);
  const zoom = useZoom(view, width, end);
  const x = useMiddles(series);
  const allOfThem = useMemo(() => allMarks(marks, findings), [marks, findings, language]);
  const subject = useRef("");
  const own = rows.find((row) => row.id === request);
  subject.current = request === null ? t("charts.all_requests") : own ? requestLabel(own) : "";

  const onCursor = useCallback((second) => {
    if (time.current) time.current.textContent = second === null ? "" : clock(second);
  }, []);
  const register = useCallback((id, chart) => charts.current.set(id, chart), []);
  const caption = useCallback(() => ({ run: source.runId ?? "", subject: subject.current }), [source]);

  const shared = {
    x,
    width_s: width,
    view,
    revision: series,
    marks: allOfThem,
    sync: SYNC,
    empty: emptyReason(fetched.value, fetched.error, request !== null && !fetched.value),
    onZoom: zoom.onZoom,
    onStep: zoom.onStep,
    onCursor,
    register,
    caption,
  };
  const isOfAll = request === null ? undefined : t("charts.of_all_requests");
  const picker = html`<${LinePicker}
    all=${series.percentiles}
    chosen=${chosen}
    hasMean=${hasMean}
    isLog=${isLog}
    onChoose=${(percentiles) => select({ percentiles })}
    onMean=${setMean}
    onLog=${setLog}
  />`;
  const savePanel = () => {
    const ready = ORDER.map((id) => charts.current.get(id)).filter((chart) => chart?.plot.current);
    ready.forEach((chart) => chart.refresh());
    const drawn = ready.map((chart) => ({ ...chart, plot: chart.plot.current }));
    savePicture(drawn, { id: "charts", view, caption });
  };
  const goTo = (at_s) => {
    const around = Math.max(AROUND_MARK_S, end * 0.03);
    zoom.onZoom({ from: at_s - around, to: at_s + around });
  };

  return html`<div class="charts" data-testid="charts">
    <${Toolbar} rows=${rows} request=${request} window=${window} view=${view} zoom=${zoom} time=${time} onPicture=${savePanel} />
    <div class="charts-grid">
      <${Chart} ...${shared} ...${userChart(series)} note=${isOfAll} hasReachableMarks=${true} />
      <${Chart} ...${shared} ...${rateChart(series)} />
      <${Chart} ...${shared} ...${timeChart(series, chosen, hasMean, isLog)} tools=${picker} />
      <${Chart} ...${shared} ...${generatorChart(series)} note=${isOfAll && t("charts.generator_of_all")} />
      <${HeatmapChart} ...${shared} series=${series} heatmap=${heat.value} />
    </div>
    <${MarksList} marks=${allOfThem} onShow=${goTo} />
  </div>`;
}
