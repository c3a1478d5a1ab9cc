// The figures of compared runs by request name: one line a run, each figure with how it differs from the reference's. A difference
// beyond noise has a sign and a word, not a colour alone.

import { classes, html, useState } from "acrida/lib/ui.js";
import { ms, number, percent, rate, whole } from "acrida/lib/format.js";
import { t } from "acrida/lib/i18n.js";
import { LETTERS } from "acrida/history/run-label.js";
import { Letter } from "acrida/history/compare-runs.js";

/** Names shown before one asks for all. */
const FIRST = 50;
const FIGURES = [
  { id: "rate", show: rate },
  { id: "fail_ratio", show: percent },
  { id: "avg_ms", show: ms },
  { id: "p50_ms", show: ms },
  { id: "p95_ms", show: ms },
  { id: "p99_ms", show: ms },
];
const TONES = { better: "good", worse: "bad", same: "dim", unknown: "dim" };

const isDifference = (change) => change?.verdict === "better" || change?.verdict === "worse";

/** Whether a run differs in something from the reference. */
function differs(row) {
  return row.changes.some((changes) => changes && FIGURES.some(({ id }) => isDifference(changes[id])));
}

/** `+10.3 %`, `−3.0 %`; of a ratio of failures in points, as times of nothing is nothing. */
function amount(figure, change, value, base) {
  if (figure === "fail_ratio") {
    const points = (value.fail_ratio - base.fail_ratio) * 100;
    return Math.abs(points) < 0.005 ? "" : t("history.points", { n: signed(points, Math.abs(points) < 1 ? 2 : 1) });
  }
  if (change.ratio === null) return "";
  const by = (change.ratio - 1) * 100;
  return Math.abs(by) < 0.05 ? "" : `${signed(by, Math.abs(by) < 100 ? 1 : 0)} %`;
}

function signed(value, digits) {
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${number(Math.abs(value), digits)}`;
}

function Change({ figure, change, value, base }) {
  const by = amount(figure, change, value, base);
  const rises = value[figure] > base[figure];
  const sign = isDifference(change) ? (rises ? "▲" : "▼") : change.verdict === "same" ? "≈" : "?";
  return html`<span class=${classes("change", TONES[change.verdict])} data-verdict=${change.verdict}
    title=${t(`history.verdict_${change.verdict}_why`)}>
    <span aria-hidden="true">${sign}</span> ${by} <span class=${classes("change-word", !isDifference(change) && "unseen")}>${t(`history.verdict_${change.verdict}`)}</span>
  </span>`;
}

/** The runs of one request name. */
function NameRows({ row, reference }) {
  const base = row.values[reference];
  const label = row.method ? `${row.method} ${row.name}` : t("history.all_requests");
  return row.values.map((value, index) => {
    const changes = row.changes[index];
    return html`<tr key=${index} class=${classes(index === 0 && "is-first")} data-testid=${`compare-${row.method}-${row.name}-${LETTERS[index]}`}>
      ${index === 0 &&
      html`<th scope="rowgroup" rowspan=${row.values.length} class="compare-name">
        ${row.method && html`<span class="compare-method">${row.method}</span> `}${row.method ? row.name : label}</th>`}
      <td class="compare-letter"><${Letter} index=${index} />${index === reference && html`<span class="unseen">${t("history.reference")}</span>`}</td>
      ${value === null
        ? html`<td colspan=${FIGURES.length + 1} class="dim">${t("history.no_such_request")}</td>`
        : html`<td class="number">${whole(value.requests)}</td>
            ${FIGURES.map(
              ({ id, show }) => html`<td key=${id} class="number" data-col=${id} data-value=${value[id]}>
                <span class="compare-value">${show(value[id])}</span>
                ${changes && base && html`<${Change} figure=${id} change=${changes[id]} value=${value} base=${base} />`}
              </td>`,
            )}`}
    </tr>`;
  });
}

/**
 * @param {{comparison: object}} props
 */
export function CompareTable({ comparison }) {
  const [search, setSearch] = useState("");
  const [isOnlyDifferent, setOnlyDifferent] = useState(false);
  const [isAll, setAll] = useState(false);
  const { rows, runs } = comparison;
  const reference = runs.findIndex((run) => run.id === comparison.reference);
  const word = search.trim().toLowerCase();
  const fitting = rows.filter(
    (row, index) =>
      index === 0 || ((!isOnlyDifferent || differs(row)) && `${row.method} ${row.name}`.toLowerCase().includes(word)),
  );
  const shown = isAll ? fitting : fitting.slice(0, FIRST + 1);
  return html`<section aria-labelledby="compare-figures">
    <div class="history-bar">
      <h3 id="compare-figures">${t("history.figures")}</h3>
      <input type="search" class="history-search" placeholder=${t("history.filter_names")} aria-label=${t("history.filter_names")}
        value=${search} data-testid="compare-filter" onInput=${(event) => setSearch(event.target.value)} />
      <label class="compare-only"><input type="checkbox" checked=${isOnlyDifferent} data-testid="compare-only-different"
        onChange=${(event) => setOnlyDifferent(event.target.checked)} /> ${t("history.only_different")}</label>
    </div>
    <div class="scroll panel">
      <table class="compare-table" data-testid="compare-table">
        <thead><tr>
          <th scope="col">${t("history.request")}</th><th scope="col">${t("history.run")}</th>
          <th scope="col" class="number">${t("history.requests")}</th>
          ${FIGURES.map(({ id }) => html`<th key=${id} scope="col" class="number">${t(`history.figure_${id}`)}</th>`)}
        </tr></thead>
        ${shown.map((row) => html`<tbody key=${`${row.method} ${row.name}`}><${NameRows} row=${row} reference=${reference} /></tbody>`)}
      </table>
    </div>
    ${shown.length < fitting.length &&
    html`<button type="button" data-testid="compare-all" onClick=${() => setAll(true)}>${t("history.show_all", { n: fitting.length - 1 })}</button>`}
    <p class="dim compare-rule">${t("history.rule")}</p>
  </section>`;
}
