// A report as one document: head, diagnosis, then every part of the run below the other, so that it can be read from top to
// bottom and printed as it is. Parts are the live page's own; figures come from the embedded source.

import { html } from "acrida/lib/ui.js";
import { t, useLang } from "acrida/lib/i18n.js";
import { SourceContext, useData } from "acrida/data/source.js";
import { Charts } from "acrida/charts/chart-panel.js";
import { Statistics } from "acrida/tables/statistics.js";
import { Failures } from "acrida/tables/failures.js";
import { Diagnosis } from "acrida/diagnosis/diagnosis.js";
import { Exceptions } from "acrida/tabs/exceptions.js";
import { Ratio } from "acrida/tabs/ratio.js";
import { Workers } from "acrida/tabs/workers.js";
import { ReportHead } from "acrida/report/head.js";
import { RunFacts } from "acrida/report/run-facts.js";

function show(id) {
  document.getElementById(id)?.scrollIntoView({ block: "start" });
}

/** The parts there is something to show of, in order. */
function partsOf(record, hasFailures) {
  const parts = [
    ["statistics", html`<${Statistics} />`],
    ["charts", html`<${Charts} />`],
    ["failures", hasFailures && html`<${Failures} />`],
    ["exceptions", record.exceptions.length > 0 && html`<${Exceptions} />`],
    ["ratio", Object.keys(record.ratio?.per_class ?? {}).length > 0 && html`<${Ratio} />`],
    ["workers", record.workers?.length > 0 && html`<${Workers} />`],
    ["run", html`<${RunFacts} run=${record.run} />`],
  ];
  return parts.filter(([, view]) => view);
}

function Notices({ record }) {
  const left = record.left_out.length;
  return html`
    ${left > 0 && html`<p class="note warn" data-testid="left-out">${t("report.left_out", { n: left })}</p>`}
    ${record.width_s > 1 && html`<p class="note">${t("report.coarse", { width: record.width_s })}</p>`}`;
}

function Body({ record }) {
  const hasFailures = useData((state) => state.failures.rows.length > 0);
  const parts = partsOf(record, hasFailures);
  return html`
    <nav class="report-parts no-print" aria-label=${t("report.sections")}>
      ${parts.map(
        ([id]) => html`<button key=${id} type="button" class="plain" data-testid=${`tab-${id}`} onClick=${() => show(id)}>
          ${t(`report.${id}`)}</button>`,
      )}
    </nav>
    <${Notices} record=${record} />
    <${Diagnosis} onShow=${() => show("charts")} />
    ${parts.map(
      ([id, view]) => html`<section key=${id} id=${id} class="report-part" aria-labelledby=${`title-${id}`}>
        <h2 id=${`title-${id}`}>${t(`report.${id}`)}</h2>${view}
      </section>`,
    )}`;
}

/**
 * @param {{record: object, source: import("acrida/data/source.js").Source}} props
 */
export function ReportPage({ record, source }) {
  useLang();
  return html`<${SourceContext.Provider} value=${source}>
    <${ReportHead} record=${record} />
    <main id="main"><${Body} record=${record} /></main>
  </>`;
}
