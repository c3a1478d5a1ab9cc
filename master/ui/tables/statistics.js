// The Statistics tab: one row a request name, for the whole run or for the window to which the charts are zoomed.

import { html, useMemo, useState } from "acrida/lib/ui.js";
import { t, useLang } from "acrida/lib/i18n.js";
import { recall, remember } from "acrida/lib/memory.js";
import { select, useSelection } from "acrida/data/selection.js";
import { useData, useSource } from "acrida/data/source.js";
import { requestLabel } from "acrida/charts/request-select.js";
import { DataTable } from "acrida/tables/data-table.js";
import { showCharts } from "acrida/tables/show-charts.js";
import { statisticsColumns } from "acrida/tables/statistics-columns.js";
import { useWindowed } from "acrida/tables/use-windowed.js";
import { WindowBanner } from "acrida/tables/window-banner.js";

const KEY_OK = "acrida.statistics.ok_only";
const FIRST_SORT = { column: "requests", isDown: true };
const NONE = [];
const rowKey = (row) => row.id ?? "total";
const rowTestId = (row) => (row.id === null ? "row--Aggregated" : `row-${row.method}-${row.name}`);

function emptyReason({ window, error }, state) {
  if (error) return t("charts.failed", { reason: error });
  if (window) return t("charts.statistics_none_in_window");
  if (state === "ready" || !state) return t("charts.statistics_no_run");
  return t("charts.statistics_none_yet");
}

/** The tab; reads the source of the context and the page's selection. */
export function Statistics() {
  const language = useLang();
  const source = useSource();
  const windowed = useWindowed("statistics");
  const request = useSelection((now) => now.request);
  const state = useData((now) => now.status?.state ?? now.run?.state);
  const [isOkOnly, setOkOnly] = useState(() => recall(KEY_OK, false));
  const { value } = windowed;
  const rows = value?.rows ?? NONE;
  const hasCurrent = value?.total?.current_rate !== null && value?.total?.current_rate !== undefined;
  const percentiles = JSON.stringify(value?.percentiles ?? []);
  const columns = useMemo(
    () => statisticsColumns(JSON.parse(percentiles), isOkOnly, hasCurrent),
    [percentiles, isOkOnly, hasCurrent, language],
  );
  const total = useMemo(() => value?.total && { ...value.total, id: null, method: "", name: t("charts.aggregated") }, [value, language]);
  const chosen = request === null ? null : rows.find((row) => row.id === request);
  const tools = html`<span class="dim table-unit">${t("charts.times_in_ms")}</span
    ><label class="table-switch">
    <input
      type="checkbox"
      checked=${isOkOnly}
      data-testid="statistics-ok-only"
      onChange=${() => {
        remember(KEY_OK, !isOkOnly);
        setOkOnly(!isOkOnly);
      }}
    />
    <span title=${t("charts.ok_only_title")}>${t("charts.ok_only")}</span>
  </label>`;
  return html`<section class="tab-statistics" data-testid="statistics">
    <${WindowBanner} ...${windowed} />
    ${chosen &&
    html`<p class="chosen-request" data-testid="chosen-request">
      ${t("charts.chosen", { name: requestLabel(chosen) })}
      <button type="button" class="link" data-testid="chosen-charts" onClick=${showCharts}>
        ${t("charts.show_charts")}
      </button>
      <button type="button" class="link" data-testid="chosen-reset" onClick=${() => select({ request: null })}>
        ${t("charts.all_requests")}
      </button>
    </p>`}
    <${DataTable}
      id="statistics"
      label=${t("charts.statistics_label")}
      columns=${columns}
      rows=${rows}
      scope=${`${source.runId} ${JSON.stringify(windowed.window)}`}
      total=${rows.length > 0 ? total : null}
      rowKey=${rowKey}
      rowTestId=${rowTestId}
      searchText=${requestLabel}
      firstSort=${FIRST_SORT}
      onRow=${(row) => select({ request: row.id === request ? null : row.id })}
      isChosen=${(row) => row.id === request}
      tools=${tools}
      empty=${emptyReason(windowed, state)}
    />
  </section>`;
}
