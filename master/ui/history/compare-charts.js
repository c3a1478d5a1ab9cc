// Compared runs over their own time, on top of each other: users, rate, 95th percentile.

import { html, useEffect, useMemo, useState } from "acrida/lib/ui.js";
import { get } from "acrida/lib/api.js";
import { ms, msUnit, rate, whole } from "acrida/lib/format.js";
import { t } from "acrida/lib/i18n.js";
import { Chart } from "acrida/charts/chart.js";
import { panWindow, snapWindow, viewOf, zoomWindow } from "acrida/charts/time-scale.js";
import { overlay } from "acrida/history/overlay.js";
import { LETTERS, runName } from "acrida/history/run-label.js";

const SYNC = "acrida-compare";
/** A line of its own for each run, beside its colour. */
const DASHES = [[], [7, 3], [2, 3], [10, 3, 2, 3], [1, 3]];

const CHARTS = [
  { id: "compare-users", title: "history.chart_users", unit: "", values: (series) => series.users, format: whole },
  { id: "compare-rate", title: "history.chart_rate", unit: "1/s", values: (series) => series.rate, format: rate },
  { id: "compare-p95", title: "history.chart_p95", unit: "ms", values: (series) => series.ms[series.percentiles.indexOf(0.95)] ?? [], format: msUnit, tick: ms },
];

/** Series of all runs, in their order; null until all are there. */
function useSeries(ids) {
  const [state, setState] = useState({ all: null, error: null });
  useEffect(() => {
    const leaving = new AbortController();
    const one = (id) => get(`/api/v1/runs/${encodeURIComponent(id)}/series`, {}, leaving.signal);
    Promise.all(ids.split(",").map(one)).then(
      (all) => setState({ all, error: null }),
      (error) => error.name === "AbortError" || setState({ all: null, error }),
    );
    return () => leaving.abort();
  }, [ids]);
  return state;
}

/**
 * @param {{runs: Array<object>}} props
 */
export function CompareCharts({ runs }) {
  const { all, error } = useSeries(runs.map((run) => run.id).join(","));
  const [zoom, setZoom] = useState(null);
  const laid = useMemo(() => all && all.length === runs.length && overlay(all), [all, runs.length]);
  if (error) return html`<p class="note bad" role="alert">${error.message || t("history.unreachable")}</p>`;
  if (!laid) return html`<p class="empty" role="status">${t("history.loading_charts")}</p>`;
  const { width_s, to_s } = laid;
  const view = viewOf(zoom, to_s, false);
  const onZoom = (span) => setZoom(span && snapWindow(span.from, span.to, width_s, to_s));
  const onStep = ({ zoom: factor, pan, at }) =>
    setZoom(factor ? zoomWindow(view, factor, at ?? (view.from_s + view.to_s) / 2, width_s, to_s) : panWindow(view, pan, width_s, to_s));
  const chart = ({ id, title, unit, values, format, tick }) => {
    const series = runs.map((run, index) => ({
      id: LETTERS[index],
      label: `${LETTERS[index]} ${runName(run)}`,
      stroke: `--c${index + 1}`,
      dash: DASHES[index],
      format,
      values: laid.spread(index, values(all[index])),
    }));
    const axes = [{ scale: id, format: tick ?? whole }];
    return html`<${Chart} key=${id} id=${id} title=${t(title)} unit=${unit} series=${series} x=${laid.x} width_s=${width_s} view=${view}
      revision=${laid} axes=${axes} sync=${SYNC} onZoom=${onZoom} onStep=${onStep} />`;
  };
  return html`<section class="compare-charts" aria-label=${t("history.charts")}>
    <div class="history-bar"><h3>${t("history.charts")}</h3>
      ${zoom && html`<button type="button" data-testid="compare-zoom-out" onClick=${() => setZoom(null)}>${t("history.zoom_out")}</button>`}
    </div>
    <div class="compare-grid">${CHARTS.map(chart)}</div>
  </section>`;
}
