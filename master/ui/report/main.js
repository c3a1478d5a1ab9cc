// The report's start: the record out of the page, the language, then the page. There is no master and no network.

import { html, render } from "acrida/lib/ui.js";
import { preferredLanguage, setLanguage, t } from "acrida/lib/i18n.js";
import { showTheme } from "acrida/report/theme.js";
import { createEmbeddedSource } from "acrida/data/embedded.js";
import { selection } from "acrida/data/selection.js";
import { ReportPage } from "acrida/report/page.js";

/** The form of the record that this page reads. */
const FORMAT = 1;

showTheme(document.documentElement.dataset.reportTheme);
const record = JSON.parse(document.getElementById("record").textContent);
await setLanguage(preferredLanguage());
const root = document.getElementById("app");
if (record.format === FORMAT) {
  const source = createEmbeddedSource(record);
  // For tests and for whoever looks under the bonnet; the page reads none of it.
  window.acrida = { source, selection };
  render(html`<${ReportPage} record=${record} source=${source} />`, root);
} else {
  root.textContent = t("report.bad_format", { format: record.format });
}
