// What the figures say: a list of findings, each with its severity as sign and word, and a way to the moment in the charts.

import { classes, html } from "acrida/lib/ui.js";
import { t, useLang } from "acrida/lib/i18n.js";
import { navigate } from "acrida/lib/route.js";
import { select, useSelection } from "acrida/data/selection.js";
import { useData } from "acrida/data/source.js";
import { findingText } from "acrida/diagnosis/finding-text.js";

const SIGNS = { bad: "✖", warn: "▲", info: "i" };
/** Seconds shown before and after what a finding is about. */
const AROUND_S = 10;

/** The window of the charts in which a finding can be seen. */
export function windowAround(finding, end_s) {
  const from_s = Math.max(0, finding.at_s - AROUND_S);
  const to_s = Math.min((finding.to_s ?? finding.at_s + AROUND_S) + AROUND_S, Math.max(end_s, from_s + 1));
  return { from_s, to_s };
}

function goToCharts() {
  navigate({ tab: "charts" });
}

function Item({ finding, end_s, onShow }) {
  const word = t(`report.severity_${finding.severity}`);
  const text = findingText(finding);
  const show = () => {
    select({ window: windowAround(finding, end_s) });
    onShow();
  };
  return html`<li class=${classes("finding", finding.severity)} data-testid=${`finding-${finding.kind}`}>
    <span class="finding-sign" aria-hidden="true">${SIGNS[finding.severity]}</span>
    <span class="finding-word">${word}</span>
    <span class="finding-text">${text}</span>
    ${finding.at_s !== null &&
    html`<button type="button" class="link no-print" data-testid=${`finding-show-${finding.kind}`}
      aria-label=${t("report.finding_show_of", { text })} onClick=${show}>${t("report.finding_show")}</button>`}
  </li>`;
}

/**
 * The list for the whole run of the source in the context; nothing before the first figures.
 * @param {{onShow?: () => void}} props `onShow` brings the charts into view, after the window has been chosen
 */
export function Diagnosis({ onShow = goToCharts }) {
  useLang();
  const findings = useData((state) => state.diagnosis);
  const end_s = useData((state) => state.series?.to_s ?? 0);
  // The tables beside it show the window alone: who reads both must know that this does not.
  const isWindow = useSelection((now) => now.window !== null);
  if (!findings || findings.length === 0) return null;
  return html`<section class="diagnosis" aria-label=${t("report.diagnosis")} data-testid="diagnosis">
    ${isWindow && html`<p class="dim" data-testid="diagnosis-whole">${t("report.diagnosis_whole")}</p>`}
    <ul>
      ${findings.map((finding, index) => html`<${Item} key=${`${finding.kind} ${index}`} finding=${finding} end_s=${end_s} onShow=${onShow} />`)}
    </ul>
  </section>`;
}
