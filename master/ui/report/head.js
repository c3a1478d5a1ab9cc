// The report's head: which run, how it went in one line, language and colours.

import { classes, html } from "acrida/lib/ui.js";
import { LANGUAGES, language, setLanguage, t } from "acrida/lib/i18n.js";
import { dateTime, msUnit, percent, rate, span, whole } from "acrida/lib/format.js";
import { printPage } from "acrida/lib/printing.js";
import { setTheme, useThemeChoice } from "acrida/lib/theme.js";

const THEMES = ["auto", "light", "dark"];

function Choices() {
  const chosen = useThemeChoice();
  return html`<div class="report-choices no-print">
    <label>${t("report.language")}
      <select data-testid="language" value=${language()} onChange=${(event) => setLanguage(event.target.value, true)}>
        ${Object.entries(LANGUAGES).map(([id, name]) => html`<option key=${id} value=${id}>${name}</option>`)}
      </select>
    </label>
    <label>${t("report.theme")}
      <select data-testid="theme" value=${chosen} onChange=${(event) => setTheme(event.target.value)}>
        ${THEMES.map((id) => html`<option key=${id} value=${id}>${t(`report.theme_${id}`)}</option>`)}
      </select>
    </label>
    <button type="button" data-testid="print" onClick=${printPage}>${t("report.print")}</button>
  </div>`;
}

function Figure({ id, label, value, tone, title }) {
  return html`<div class="report-figure" title=${title}>
    <dt class="label">${label}</dt>
    <dd class=${classes(tone)} data-testid=${`figure-${id}`}>${value}</dd>
  </div>`;
}

/** Whole seconds where the run did not end within the first. */
function duration(seconds) {
  return span(seconds < 1 ? Math.round(seconds * 10) / 10 : Math.round(seconds));
}

/** @param {{record: object}} props */
export function ReportHead({ record }) {
  const { run } = record;
  const failed = run.failures > 0;
  const facts = [dateTime(run.started_unix_s), run.host, run.profile].filter(Boolean);
  return html`<header class="report-head">
    <div class="report-title">
      <p class="label">${t("report.title")}</p>
      <h1 data-testid="report-title">${run.locustfile}</h1>
      <p class="dim">${facts.join(" · ")} <span class="mono">${run.id}</span></p>
    </div>
    <${Choices} />
    <dl class="report-figures">
      <${Figure} id="requests" label=${t("report.requests")} value=${whole(run.requests)} />
      <${Figure} id="failures" label=${t("report.failed")} tone=${failed ? "bad" : "good"}
        value=${failed ? `${whole(run.failures)} (${percent(run.fail_ratio)})` : t("report.passed")} />
      <${Figure} id="rate" label=${t("report.rate")} value=${rate(run.rate)} />
      <${Figure} id="p50" label="p50" value=${msUnit(run.p50_ms)} />
      <${Figure} id="p95" label="p95" value=${msUnit(run.p95_ms)} />
      <${Figure} id="p99" label="p99" value=${msUnit(run.p99_ms)} />
      <${Figure} id="users" label=${t("report.users")} value=${whole(run.users)} />
      <${Figure} id="duration" label=${t("report.duration")} value=${duration(run.elapsed_s)} />
    </dl>
  </header>`;
}
