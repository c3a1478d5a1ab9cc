// What a chart shows, as words and as a table: for screen readers, and for anybody who wants the figures.

import { html } from "acrida/lib/ui.js";
import { MISSING, clock } from "acrida/lib/format.js";
import { t } from "acrida/lib/i18n.js";
import { formatOf } from "acrida/charts/legend.js";

/** Rows of the table at most; of more intervals every second, third, … is shown, and the caption says so. */
const MAX_ROWS = 120;

function inView(x, view) {
  let first = 0;
  while (first < x.length && x[first] < view.from_s) first += 1;
  let end = x.length;
  while (end > first && x[end - 1] > view.to_s) end -= 1;
  return [first, end];
}

/**
 * One sentence a line: last, smallest, largest.
 * @param {object} chart Properties of a `Chart`.
 * @param {Array<object>} axes
 * @returns {string}
 */
export function summary(chart, axes) {
  const [first, end] = inView(chart.x, chart.view);
  if (end <= first) return chart.empty ?? t("charts.no_data");
  const span = t("charts.summary_span", { from: clock(chart.view.from_s), to: clock(chart.view.to_s) });
  const lines = chart.series.map((line) => {
    let [low, high, last] = [Infinity, -Infinity, null];
    for (let index = first; index < end; index += 1) {
      const value = line.values[index];
      if (value === null || value === undefined) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
      last = value;
    }
    if (last === null) return t("charts.summary_none", { name: line.label });
    const format = formatOf(line, axes);
    return t("charts.summary_line", { name: line.label, last: format(last), low: format(low), high: format(high) });
  });
  return [span, ...lines].join(" ");
}

/** The visible intervals as a table. Takes the properties of a `Chart`. */
export function ViewTable(chart) {
  const [first, end] = inView(chart.x, chart.view);
  const step = Math.max(1, Math.ceil((end - first) / MAX_ROWS));
  const rows = [];
  for (let index = first; index < end; index += step) rows.push(index);
  const text = (line, index) => {
    const value = line.values[index];
    return value === null || value === undefined ? MISSING : formatOf(line, chart.axes)(value);
  };
  return html`<div class="view-table" tabindex="0" data-testid=${`chart-${chart.id}-data`}>
    <table>
      <caption>
        ${step > 1 ? t("charts.table_every", { n: step, title: chart.title }) : chart.title}
      </caption>
      <thead>
        <tr>
          <th scope="col">${t("charts.time")}</th>
          ${chart.series.map((line) => html`<th scope="col">${line.label}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (index) => html`<tr key=${chart.x[index]}>
            <th scope="row">${clock(chart.x[index] - chart.width_s / 2)}</th>
            ${chart.series.map((line) => html`<td>${text(line, index)}</td>`)}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
