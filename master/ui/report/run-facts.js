// What the run of a report was: how it went, where, and with which options.

import { html } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { dateTime, span, whole } from "acrida/lib/format.js";

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

/** A long name may break behind its underscores, where a reader expects it. */
function breakable(name) {
  return name.split(/(?<=_)/).map((part) => html`${part}<wbr />`);
}

function Facts({ facts, testid }) {
  return html`<dl class="report-facts" data-testid=${testid}>
    ${facts.map(([name, value]) => html`<div key=${name}><dt>${breakable(name)}</dt><dd>${String(value)}</dd></div>`)}
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
