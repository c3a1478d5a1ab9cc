// Columns of the statistics: Locust's in Locust's order, and what we know besides.

import { html } from "acrida/lib/ui.js";
import { bytes, ms, percent, rate, whole } from "acrida/lib/format.js";
import { t } from "acrida/lib/i18n.js";
import { StatusChips, statusText } from "acrida/tables/status-chips.js";

/** Percentiles that are columns from the start. */
const SHOWN_PERCENTILES = [0.5, 0.95, 0.99];

const digits = (fraction) => String(Number((fraction * 100).toFixed(4)));

function percentileColumn(fraction, index, isOkOnly) {
  const id = `p${digits(fraction)}`;
  return {
    id,
    label: fraction === 0.5 ? t("charts.median") : t("charts.percentile", { n: digits(fraction) }),
    title: t("charts.percentile_title", { n: digits(fraction) }),
    isNumber: true,
    isHidden: !SHOWN_PERCENTILES.includes(fraction),
    value: (row) => (isOkOnly ? row.ok_ms : row.ms)?.[index] ?? null,
    cell: (row) => ms((isOkOnly ? row.ok_ms : row.ms)?.[index]),
  };
}

function figure(id, format, options = {}) {
  return {
    id,
    label: t(`charts.col_${id}`),
    title: t(`charts.col_${id}_title`),
    isNumber: true,
    value: (row) => row[id] ?? null,
    cell: (row) => format(row[id]),
    ...options,
  };
}

const isFailing = (row) => (row.failures > 0 ? "bad" : null);

/**
 * @param {Array<number>} percentiles Of the statistics, in their order.
 * @param {boolean} isOkOnly Response times of successful requests only.
 * @param {boolean} hasCurrent Whether there are figures of the last seconds.
 * @returns {Array<import("acrida/tables/table-rows.js").Column>}
 */
export function statisticsColumns(percentiles, isOkOnly, hasCurrent) {
  const top = percentiles.indexOf(1);
  const times = percentiles
    .map((fraction, index) => ({ fraction, column: percentileColumn(fraction, index, isOkOnly) }))
    .filter(({ fraction }) => fraction !== 1);
  const usual = times.filter(({ fraction }) => SHOWN_PERCENTILES.includes(fraction)).map(({ column }) => column);
  const others = times.filter(({ fraction }) => !SHOWN_PERCENTILES.includes(fraction)).map(({ column }) => column);
  return [
    { id: "method", label: t("charts.col_method"), value: (row) => row.method },
    {
      id: "name",
      label: t("charts.col_name"),
      isFixed: true,
      value: (row) => row.name,
      cell: (row) => html`<span class="cell-name">${row.name}</span>`,
      tip: (row) => row.name,
    },
    figure("requests", whole),
    figure("failures", whole, { className: isFailing }),
    figure("fail_ratio", percent, { className: isFailing }),
    ...usual,
    figure("avg_ms", ms, isOkOnly ? { value: (row) => row.ok_avg_ms ?? null, cell: (row) => ms(row.ok_avg_ms) } : {}),
    figure("min_ms", ms, isOkOnly ? { value: () => null, cell: () => ms(null) } : {}),
    figure("max_ms", ms, isOkOnly ? { value: (row) => row.ok_ms?.[top] ?? null, cell: (row) => ms(row.ok_ms?.[top]) } : {}),
    figure("avg_bytes", bytes),
    figure("current_rate", rate, { isHidden: !hasCurrent }),
    figure("current_fail_rate", rate, { isHidden: !hasCurrent, className: (row) => (row.current_fail_rate > 0 ? "bad" : null) }),
    figure("rate", rate, { isHidden: hasCurrent }),
    figure("fail_rate", rate, { isHidden: hasCurrent, className: isFailing }),
    {
      id: "status_codes",
      label: t("charts.col_status_codes"),
      title: t("charts.col_status_codes_title"),
      value: (row) => Object.entries(row.status_codes ?? {}).reduce((sum, [code, n]) => sum + (Number(code) >= 400 ? n : 0), 0),
      text: (row) => statusText(row.status_codes),
      cell: (row) => html`<${StatusChips} codes=${row.status_codes} />`,
    },
    ...others,
    figure("lag_p99_ms", ms, { isHidden: true }),
    figure("without_time", whole, { isHidden: true }),
  ];
}
