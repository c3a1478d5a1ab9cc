// The workers: what each does and how it feels. Those that are missing say since when.

import { classes, html, useState } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { MISSING, bytes, ms, number, timeOfDay, whole } from "acrida/lib/format.js";
import { lostWorkers } from "acrida/data/lost-workers.js";
import { useData, useSource } from "acrida/data/source.js";
import { Icon } from "acrida/parts/icon.js";

/** Above these a figure is coloured: percent of a core, milliseconds. */
const BUSY_PERCENT = 90;
const SLOW_LOOP_MS = 50;
/** Seconds without a report that are worth a word. */
const QUIET_S = 10;

const ICONS = { missing: "bad", ready: "ready", spawning: "spawning", running: "running", cleanup: "stopping", stopped: "stopped" };

/** Columns: key, how it is written, and whether a value is a warning. One that counts from now means nothing in a report. */
const COLUMNS = [
  { key: "users", show: whole },
  { key: "cpu_percent", show: (value) => number(value, 0), isHigh: (value) => value > BUSY_PERCENT },
  { key: "memory_bytes", show: bytes },
  { key: "loop_lag_ms", show: ms, isHigh: (value) => value > SLOW_LOOP_MS },
  { key: "connections", show: whole },
  { key: "in_flight", show: (value) => number(value, 0) },
  { key: "round_trip_ms", show: ms },
  { key: "last_report_s_ago", show: (value) => number(value, 1), isHigh: (value) => value > QUIET_S, isLiveOnly: true },
];

/** Rows by a column; missing figures come last whichever way. */
export function sortedBy(rows, key, isDown) {
  const order = (a, b) => {
    const [x, y] = [a[key], b[key]];
    if (x === y) return a.index - b.index;
    if (x === null || x === undefined) return 1;
    if (y === null || y === undefined) return -1;
    const less = typeof x === "string" ? x.localeCompare(y, undefined, { numeric: true }) : x - y;
    return isDown ? -less : less;
  };
  return [...rows].sort(order);
}

function Head({ column, sort, onSort, isNumber }) {
  const isSorted = sort.key === column;
  const direction = sort.isDown ? "descending" : "ascending";
  return html`<th scope="col" class=${isNumber ? "number" : ""} aria-sort=${isSorted ? direction : null}>
    <button type="button" class="sort" data-testid=${`workers-sort-${column}`} onClick=${() => onSort(column)}>${t(`core.worker_${column}`)}
      <span aria-hidden="true">${isSorted ? (sort.isDown ? "↓" : "↑") : ""}</span></button></th>`;
}

function Row({ worker, columns }) {
  const isMissing = worker.missing_since_unix_s !== null || worker.state === "missing";
  const state = isMissing ? "missing" : worker.state;
  const counts = Object.entries(worker.user_classes_count ?? {}).map(([name, count]) => `${name}: ${count}`).join(", ");
  const cell = ({ key, show, isHigh }) => html`<td key=${key} class=${classes("number", !isMissing && worker[key] !== null && isHigh?.(worker[key]) && "warn")}
    title=${key === "users" ? counts : null}>${worker[key] === null || worker[key] === undefined ? MISSING : show(worker[key])}</td>`;
  return html`<tr data-testid=${`worker-${worker.id}`} class=${isMissing ? "off" : ""}>
    <th scope="row" class="mono" title=${worker.id}>${worker.id}</th>
    <td class=${isMissing ? "bad" : ""}><${Icon} name=${ICONS[state] ?? "unknown"} /> ${t(`core.worker_state_${state}`)}
      ${isMissing && worker.missing_since_unix_s !== null && html` <span data-testid="missing-since">${t("core.missing_since", { at: timeOfDay(worker.missing_since_unix_s) })}</span>`}</td>
    ${columns.map(cell)}</tr>`;
}

/** The tab; in a report, the workers at the run's end. */
export function Workers() {
  const { kind } = useSource();
  const present = useData((state) => state.status?.workers ?? null);
  const marks = useData((state) => state.marks);
  const started_unix_s = useData((state) => state.run?.started_unix_s);
  const [sort, setSort] = useState({ key: "index", isDown: false });
  const onSort = (key) => setSort({ key, isDown: sort.key === key ? !sort.isDown : key !== "id" && key !== "state" });
  if (!present) return null;
  const gone = lostWorkers(marks, present, started_unix_s);
  const workers = [...present, ...gone.map((worker, place) => ({ ...worker, state: "missing", index: present.length + place }))];
  if (workers.length === 0) return html`<p class="empty" data-testid="no-workers">${t("core.no_workers")}</p>`;
  const columns = COLUMNS.filter(({ isLiveOnly }) => !isLiveOnly || kind === "live");
  const head = (column, isNumber) => html`<${Head} key=${column} column=${column} sort=${sort} onSort=${onSort} isNumber=${isNumber} />`;
  return html`<div class="scroll panel"><table class="workers" aria-label=${t("core.tab_workers")} data-testid="workers">
    <thead><tr>${head("id", false)}${head("state", false)}${columns.map(({ key }) => head(key, true))}</tr></thead>
    <tbody>${sortedBy(workers, sort.key, sort.isDown).map((worker) => html`<${Row} key=${worker.id} worker=${worker} columns=${columns} />`)}</tbody>
  </table></div>`;
}
