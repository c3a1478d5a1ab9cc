// The Failures tab: each distinct error, whose fault it is, when it came, and one occurrence to look at.

import { classes, html, useMemo, useState } from "acrida/lib/ui.js";
import { MISSING, clock, dateTime, percent, timeOfDay, whole } from "acrida/lib/format.js";
import { t, useLang } from "acrida/lib/i18n.js";
import { select } from "acrida/data/selection.js";
import { useData } from "acrida/data/source.js";
import { snapWindow } from "acrida/charts/time-scale.js";
import { DataTable } from "acrida/tables/data-table.js";
import { FAULTS, Fault, faultOf } from "acrida/tables/fault.js";
import { showCharts } from "acrida/tables/show-charts.js";
import { useWindowed } from "acrida/tables/use-windowed.js";
import { WindowBanner } from "acrida/tables/window-banner.js";

const FIRST_SORT = { column: "occurrences", isDown: true };
const NONE = [];

/** Seconds shown on each side of the moment to which one goes. */
const AROUND_S = 30;

const rowKey = (row) => `${row.method}\n${row.name}\n${row.error}`;
const rowTestId = (row) => `failure-${row.method}-${row.name}`;
const searchText = (row) => `${row.method} ${row.name} ${row.error} ${t(`charts.fault_${faultOf(row)}`)}`;

function columnsOf(all) {
  return [
    {
      id: "occurrences",
      label: t("charts.col_occurrences"),
      isNumber: true,
      value: (row) => row.occurrences,
      cell: (row) => html`<span class="opener" aria-hidden="true"></span>${whole(row.occurrences)}`,
    },
    {
      id: "share",
      label: t("charts.col_share"),
      title: t("charts.col_share_title"),
      isNumber: true,
      value: (row) => (all > 0 ? row.occurrences / all : null),
      cell: (row) => percent(all > 0 ? row.occurrences / all : null),
    },
    { id: "fault", label: t("charts.col_fault"), value: faultOf, cell: (row) => html`<${Fault} fault=${faultOf(row)} />` },
    { id: "method", label: t("charts.col_method"), value: (row) => row.method },
    {
      id: "name",
      label: t("charts.col_name"),
      value: (row) => row.name,
      cell: (row) => html`<span class="cell-name">${row.name}</span>`,
      tip: (row) => row.name,
    },
    {
      id: "error",
      label: t("charts.col_error"),
      isFixed: true,
      value: (row) => row.error,
      cell: (row) => html`<span class="cell-error">${row.error}</span>`,
      tip: (row) => row.error,
    },
    {
      id: "first_seen",
      label: t("charts.col_first_seen"),
      isNumber: true,
      value: (row) => row.first_seen_unix_s,
      cell: (row) => timeOfDay(row.first_seen_unix_s),
      text: (row) => dateTime(row.first_seen_unix_s),
      tip: (row) => dateTime(row.first_seen_unix_s),
    },
    {
      id: "last_seen",
      label: t("charts.col_last_seen"),
      isNumber: true,
      value: (row) => row.last_seen_unix_s,
      cell: (row) => timeOfDay(row.last_seen_unix_s),
      text: (row) => dateTime(row.last_seen_unix_s),
      tip: (row) => dateTime(row.last_seen_unix_s),
    },
  ];
}

/** Filter by fault, each with how many occurrences it has. */
function FaultFilter({ rows, chosen, onChoose }) {
  const counts = new Map();
  for (const row of rows) counts.set(faultOf(row), (counts.get(faultOf(row)) ?? 0) + row.occurrences);
  return html`<div class="fault-filter" role="group" aria-label=${t("charts.fault_filter")}>
    ${FAULTS.filter((fault) => counts.has(fault) || fault === chosen).map(
      (fault) => html`<button
        type="button"
        key=${fault}
        class=${classes("chart-tool", "fault-choice")}
        aria-pressed=${fault === chosen}
        data-testid=${`fault-${fault}`}
        onClick=${() => onChoose(fault === chosen ? null : fault)}
      >
        <${Fault} fault=${fault} /> <span class="dim">${whole(counts.get(fault) ?? 0)}</span>
      </button>`,
    )}
  </div>`;
}

/** Moments of a failure as links into the charts. */
function Moments({ row, run, end, width }) {
  if (!run) return null;
  const go = (at_s) => {
    select({ window: snapWindow(at_s - AROUND_S, at_s + AROUND_S, width, end) });
    showCharts();
  };
  const moments = [
    ["first_seen", row.first_seen_unix_s],
    ["last_seen", row.last_seen_unix_s],
  ].filter(([, unix_s]) => unix_s !== null && unix_s !== undefined);
  return moments.map(([id, unix_s]) => {
    const at_s = Math.max(0, unix_s - run.started_unix_s);
    return html`<button type="button" key=${id} class="link" data-testid=${`failure-${id}`} onClick=${() => go(at_s)}>
      ${t(`charts.failure_${id}`, { at: clock(at_s) })}
    </button>`;
  });
}

function Sample({ row, ...moments }) {
  const { sample } = row;
  const facts = sample
    ? [
        ["url", sample.url],
        ["status", sample.status ?? t("charts.sample_no_status")],
        ["worker", sample.node_id],
      ]
    : [];
  return html`<div class="sample" data-testid="failure-sample">
    <p class="sample-error">${row.error}</p>
    <p class="sample-moments"><${Moments} row=${row} ...${moments} /></p>
    ${sample
      ? html`<dl>
            ${facts.map(
              ([id, text]) => html`<div key=${id}>
                <dt class="label">${t(`charts.sample_${id}`)}</dt>
                <dd class="mono" data-testid=${`sample-${id}`}>${text || MISSING}</dd>
              </div>`,
            )}
          </dl>
          <p class="label">${t("charts.sample_body")}</p>
          ${sample.body
            ? html`<pre class="sample-body" data-testid="sample-body" tabindex="0">${sample.body}</pre>`
            : html`<p class="dim">${t("charts.sample_no_body")}</p>`}`
      : html`<p class="dim">${t("charts.sample_none")}</p>`}
  </div>`;
}

/** The tab; reads the source of the context and the page's selection. */
export function Failures() {
  const language = useLang();
  const windowed = useWindowed("failures");
  const run = useData((state) => state.run);
  const end = useData((state) => state.series?.to_s ?? 0);
  const width = useData((state) => state.series?.width_s ?? 1);
  const requests = useData((state) => state.statistics?.total?.requests ?? 0);
  const [fault, setFault] = useState(null);
  const all = windowed.value?.rows ?? NONE;
  const rows = useMemo(() => (fault === null ? all : all.filter((row) => faultOf(row) === fault)), [all, fault]);
  const sum = useMemo(() => all.reduce((total, row) => total + row.occurrences, 0), [all]);
  const columns = useMemo(() => columnsOf(sum), [sum, language]);
  const empty = () => {
    if (windowed.error) return t("charts.failed", { reason: windowed.error });
    if (windowed.window) return t("charts.failures_none_in_window");
    if (fault !== null && all.length > 0) return t("charts.none_match");
    return requests > 0 ? t("charts.failures_none", { n: whole(requests) }) : t("charts.failures_no_requests");
  };
  return html`<section class="tab-failures" data-testid="failures">
    <${WindowBanner} ...${windowed} />
    <${FaultFilter} rows=${all} chosen=${fault} onChoose=${setFault} />
    <${DataTable}
      id="failures"
      label=${t("charts.failures_label")}
      columns=${columns}
      rows=${rows}
      rowKey=${rowKey}
      rowTestId=${rowTestId}
      searchText=${searchText}
      firstSort=${FIRST_SORT}
      detail=${(row) => html`<${Sample} row=${row} run=${run} end=${end} width=${width} />`}
      empty=${empty()}
    />
  </section>`;
}
