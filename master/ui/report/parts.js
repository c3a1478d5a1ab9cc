// Parts of a report that the live page has in a form bound to its master: exceptions, ratio, workers, what the run was.

import { html } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { bytes, dateTime, msUnit, number, percent, span, whole } from "acrida/lib/format.js";

/** @param {{rows: object[]}} props */
export function Exceptions({ rows }) {
  return html`<ul class="report-exceptions" data-testid="exceptions">
    ${rows.map(
      (row, index) => html`<li key=${index} class="panel">
        <p><strong>${whole(row.count)} ×</strong> ${row.msg} <span class="dim">${row.nodes.join(", ")}</span></p>
        <pre>${row.traceback}</pre>
      </li>`,
    )}
  </ul>`;
}

function Tasks({ tasks }) {
  return html`<ul>
    ${Object.entries(tasks).map(
      ([name, task]) => html`<li key=${name}>
        <span class="report-share number">${percent(task.ratio)}</span> ${name}
        ${task.tasks && html`<${Tasks} tasks=${task.tasks} />`}
      </li>`,
    )}
  </ul>`;
}

/** @param {{ratio: {per_class: object, total: object}}} props */
export function Ratio({ ratio }) {
  return html`<div class="report-ratio" data-testid="ratio"><${Tasks} tasks=${ratio.total ?? ratio.per_class ?? {}} /></div>`;
}

/** @param {{workers: object[]}} props as they were at the run's end */
export function Workers({ workers }) {
  return html`<div class="scroll panel"><table data-testid="workers">
    <thead><tr>
      <th scope="col">${t("report.workers")}</th><th scope="col">${t("report.state")}</th>
      <th scope="col" class="number">${t("report.users")}</th><th scope="col" class="number">CPU %</th>
      <th scope="col" class="number">RSS</th><th scope="col" class="number">${t("report.loop_lag")}</th>
      <th scope="col" class="number">${t("report.round_trip")}</th>
    </tr></thead>
    <tbody>${workers.map(
      (worker) => html`<tr key=${worker.id}>
        <td class="mono">${worker.id}</td><td>${worker.state}</td>
        <td class="number">${whole(worker.users)}</td><td class="number">${number(worker.cpu_percent, 0)}</td>
        <td class="number">${bytes(worker.memory_bytes)}</td><td class="number">${msUnit(worker.loop_lag_ms)}</td>
        <td class="number">${msUnit(worker.round_trip_ms)}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}

function stateOf(run) {
  if (run.is_live) return t("report.state_going_on");
  return t(run.state === "incomplete" ? "report.state_incomplete" : "report.state_stopped");
}

/** Name and value, what is missing left out. */
function factsOf(run) {
  const facts = [
    ["state", stateOf(run)],
    ["end_cause", run.end_cause && t(`report.cause_${run.end_cause}`)],
    ["started", dateTime(run.started_unix_s)],
    ["duration", span(Math.round(run.elapsed_s))],
    ["run_time", run.run_time_s && span(run.run_time_s)],
    ["users", whole(run.users)],
    ["spawn_rate", run.spawn_rate],
    ["host", run.host],
    ["profile", run.profile],
    ["user_classes", run.user_classes.join(", ")],
    ["shape_class", run.shape_class],
    ["locustfile", run.locustfile],
    ["script_hash", run.script_hash],
    ["tags", run.tags.join(", ")],
    ["notes", run.notes],
  ];
  return facts.filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false);
}

function Facts({ facts, testid }) {
  return html`<dl class="report-facts" data-testid=${testid}>
    ${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${String(value)}</dd></div>`)}
  </dl>`;
}

/** An option's value as somebody would write it. */
function plain(value) {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

/** @param {{run: object}} props a `RunSummary` */
export function RunFacts({ run }) {
  const options = Object.entries(run.options).filter(([, value]) => value !== null && value !== "");
  return html`
    <${Facts} facts=${factsOf(run).map(([name, value]) => [t(`report.${name}`), value])} testid="run-facts" />
    <h3>${t("report.environment")}</h3>
    <${Facts} facts=${Object.entries(run.environment)} testid="environment" />
    <h3>${t("report.options")}</h3>
    <${Facts} facts=${options.map(([name, value]) => [name, plain(value)])} testid="options" />`;
}
