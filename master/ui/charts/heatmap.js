// Latency heat-map: how many requests took how long, at each moment. It is a chart like the others (axis, cursor, zoom, marks) whose
// ground is painted with cells; the lines over it are p50 and p99 and can be hidden.

import { html, useMemo, useRef } from "acrida/lib/ui.js";
import { clock, ms, msUnit, percent, whole } from "acrida/lib/format.js";
import { t } from "acrida/lib/i18n.js";
import { Chart } from "acrida/charts/chart.js";
import { gradient } from "acrida/charts/color-scale.js";
import { HeatCanvas, cellAt } from "acrida/charts/heatmap-paint.js";
import { percentileName, tickMs } from "acrida/charts/panel-lines.js";
import { logRange } from "acrida/charts/plot.js";
import { indexAt } from "acrida/charts/time-scale.js";

const OVERLAY = [
  [0.5, "--text"],
  [0.99, "--c4"],
];
const HEIGHT = 260;
/** The key's colours; the style sheet takes those of the theme. */
const SCALE = { "--on-light": gradient(false), "--on-dark": gradient(true) };

function overlay(series) {
  return OVERLAY.map(([fraction, stroke]) => {
    const index = series.percentiles.indexOf(fraction);
    return { id: percentileName(fraction), label: percentileName(fraction), stroke, values: series.ms[index] ?? [], format: msUnit, isBare: true };
  });
}

/** Ends of the response times that the cells have, in milliseconds. */
function extent(heatmap, cells) {
  if (!cells || cells.columns === 0) return [1, 1000];
  const edge = (index) => heatmap.edges_ms[Math.min(index, heatmap.edges_ms.length - 1)];
  return logRange(null, edge(cells.lowest), edge(cells.lowest + cells.rows) * 0.9999);
}

/**
 * @param {object} props Those of `Chart` that all charts of a panel share, and
 * @param {object | null} props.heatmap
 * @param {object} props.series For the lines.
 */
export function HeatmapChart({ heatmap, series, ...shared }) {
  const canvas = useRef(null);
  canvas.current ??= new HeatCanvas();
  const readout = useRef(null);
  const now = useRef(null);
  now.current = { heatmap, view: shared.view };

  const most = useRef(null);
  const plugins = () => [
    {
      hooks: {
        drawAxes: (u) => {
          canvas.current.draw(u, now.current.heatmap, now.current.view);
          const count = Math.max(1, canvas.current.cells?.most ?? 0);
          const text = t("charts.heat_most", { count, n: whole(count) });
          if (most.current && most.current.textContent !== text) most.current.textContent = text;
        },
      },
    },
  ];
  const axes = useMemo(
    () => [
      {
        scale: "y",
        range: (u) => extent(now.current.heatmap, canvas.current.prepare(u, now.current.heatmap, now.current.view)),
        format: tickMs,
      },
    ],
    [],
  );
  const lines = useMemo(() => overlay(series), [series]);
  const onCursor = (second, u) => {
    shared.onCursor?.(second, u);
    if (!readout.current) return;
    const map = now.current.heatmap;
    const isHere = second !== null && map && u.over.matches(":hover");
    const cell = isHere ? cellAt(map, indexAt(map.t, second), u.posToVal(u.cursor.top, "y")) : null;
    readout.current.textContent = cell
      ? t("charts.heat_cell", {
          at: clock(second),
          low: ms(cell.low_ms),
          high: msUnit(cell.high_ms),
          n: cell.count,
          count: whole(cell.count),
          share: percent(cell.share),
        })
      : "";
  };
  const isEmpty = !heatmap || heatmap.t.length === 0;
  const note = html`<span class="heat-key" hidden=${isEmpty}>
      <span class="dim">1</span>
      <span class="heat-scale" style=${SCALE} aria-hidden="true"></span>
      <span class="dim" ref=${most}></span>
    </span>
    <output class="heat-readout" ref=${readout} data-testid="heat-readout"></output>`;
  return html`<${Chart}
    ...${shared}
    id="heatmap"
    title=${t("charts.heat_title")}
    unit="ms"
    note=${note}
    isLog=${true}
    height=${HEIGHT}
    series=${lines}
    axes=${axes}
    plugins=${plugins}
    onCursor=${onCursor}
    revision=${heatmap}
    empty=${shared.empty ?? (isEmpty ? t("charts.heat_empty") : undefined)}
  />`;
}
