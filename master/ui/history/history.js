// The list of kept runs: search, tags, notes, delete, open, and the choice of runs to compare.

import { html, useId, useState } from "acrida/lib/ui.js";
import { t, useLang } from "acrida/lib/i18n.js";
import { whole } from "acrida/lib/format.js";
import { CLEAN, navigate } from "acrida/lib/route.js";
import { useData } from "acrida/data/source.js";
import { RunRow } from "acrida/history/run-row.js";
import { PAGE, useRuns } from "acrida/history/use-runs.js";

/** Runs compared at once. */
const MOST = 5;
const COLUMNS = ["started", "state", "profile", "users", "rate", "fail_ratio", "p95", "tags", "notes"];
const NUMBERS = ["users", "rate", "fail_ratio", "p95"];

function Bar({ asked, onAsk, tags, chosen, onClear }) {
  const compare = () => navigate({ ...CLEAN, view: "compare", runs: chosen });
  const listId = useId();
  const hint = chosen.length < 2 ? t("history.choose_two") : undefined;
  return html`<div class="history-bar">
    <input type="search" class="history-search" placeholder=${t("history.search")} aria-label=${t("history.search")} value=${asked.search}
      maxlength="200" data-testid="history-search" onInput=${(event) => onAsk({ search: event.target.value })} />
    <input type="search" class="history-tag" list=${listId} placeholder=${t("history.tag_filter")} aria-label=${t("history.tag_filter")}
      value=${asked.tag} maxlength="40" data-testid="history-tag" onInput=${(event) => onAsk({ tag: event.target.value })} />
    <datalist id=${listId}>${tags.map((tag) => html`<option key=${tag} value=${tag}></option>`)}</datalist>
    <span class="history-compare">
      ${chosen.length > 0 &&
      html`<button type="button" class="plain" data-testid="choose-none" onClick=${onClear}>${t("history.choose_none")}</button>`}
      <button type="button" class="primary" disabled=${chosen.length < 2} title=${hint} data-testid="compare" onClick=${compare}>
        ${t("history.compare", { n: chosen.length })}</button>
    </span>
  </div>`;
}

function Pages({ page, total, onPage }) {
  const last = Math.max(0, Math.ceil(total / PAGE) - 1);
  if (last === 0) return null;
  return html`<nav class="history-pages" aria-label=${t("history.pages")}>
    <button type="button" disabled=${page === 0} data-testid="page-newer" onClick=${() => onPage(page - 1)}>${t("history.newer")}</button>
    <span>${t("history.page_of", { page: page + 1, pages: last + 1 })}</span>
    <button type="button" disabled=${page >= last} data-testid="page-older" onClick=${() => onPage(page + 1)}>${t("history.older")}</button>
  </nav>`;
}

function Empty({ asked, isOff }) {
  const isFiltered = asked.search || asked.tag;
  return html`<p class="empty" data-testid="history-empty">
    ${t(isFiltered ? "history.nothing_found" : isOff ? "history.nothing_off" : "history.nothing")}</p>`;
}

/** The view of the route `history`. */
export function History() {
  useLang();
  const moment = useData(({ status }) => `${status?.run_id}/${status?.state}`);
  const [asked, setAsked] = useState({ search: "", tag: "", page: 0 });
  const [chosen, setChosen] = useState([]);
  const { list, isLoading, error, reload } = useRuns(asked, moment);
  const tags = [...new Set(list.runs.flatMap((run) => run.tags))].sort();
  const choose = (id, isChosen) => setChosen(isChosen ? [...chosen, id] : chosen.filter((other) => other !== id));
  const row = (run) => html`<${RunRow} key=${run.id} run=${run} isChosen=${chosen.includes(run.id)} canChoose=${chosen.length < MOST}
    onChoose=${(isChosen) => choose(run.id, isChosen)} onChanged=${reload} />`;
  return html`<section class="history" data-testid="history">
    <h2>${t("history.title")} <span class="dim" data-testid="history-total">${isLoading ? "" : whole(list.total)}</span></h2>
    ${list.history_off &&
    html`<p class="note warn" role="status" data-testid="history-off">${t("history.off", { reason: list.history_off })}</p>`}
    ${error && html`<p class="note bad" role="alert" data-testid="history-error">${error.message || t("history.unreachable")}</p>`}
    <${Bar} asked=${asked} tags=${tags} chosen=${chosen} onClear=${() => setChosen([])}
      onAsk=${(change) => setAsked({ ...asked, page: 0, ...change })} />
    ${list.runs.length === 0 && !isLoading
      ? html`<${Empty} asked=${asked} isOff=${Boolean(list.history_off)} />`
      : html`<div class="scroll panel"><table class="history-table" aria-label=${t("history.title")} aria-busy=${isLoading}>
          <thead><tr>
            <th scope="col"><span class="unseen">${t("history.chosen")}</span></th>
            ${COLUMNS.map((key) => html`<th key=${key} scope="col" class=${NUMBERS.includes(key) && "number"}>${t(`history.${key}`)}</th>`)}
            <th scope="col"><span class="unseen">${t("history.delete")}</span></th>
          </tr></thead>
          <tbody>${list.runs.map(row)}</tbody>
        </table></div>`}
    <${Pages} page=${asked.page} total=${list.total} onPage=${(page) => setAsked({ ...asked, page })} />
  </section>`;
}
