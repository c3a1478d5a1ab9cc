// The run's files: what each is for, and the link.

import { html } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { url } from "acrida/lib/api.js";
import { useTheme } from "acrida/lib/theme.js";
import { useData, useSource } from "acrida/data/source.js";

/** Files by group: path below the run, and the key of its texts. */
const GROUPS = {
  report: [
    ["report.html", "html"],
    ["report.md", "markdown"],
    ["junit.xml", "junit"],
  ],
  data: [
    ["report.json", "json"],
    ["csv/requests", "csv_requests"],
    ["csv/failures", "csv_failures"],
    ["csv/exceptions", "csv_exceptions"],
  ],
};

/** Written by the master only when asked for on its command line, and only of its present run. */
const HISTORY = ["csv/full_history", "csv_history"];

/** The tab. */
export function Download() {
  const source = useSource();
  const theme = useTheme();
  const id = useData((state) => state.run?.id ?? state.status?.run_id ?? null);
  const hasHistory = useData((state) => state.run?.options?.stats_history_enabled === true) && source.kind === "live";
  const run = source.kind === "live" ? "current" : source.runId;
  const line = ([path, key]) => html`<li key=${key}><a class="button" download data-testid=${`download-${key.replaceAll("_", "-")}`}
      href=${url(`/api/v1/runs/${encodeURIComponent(run)}/${path}`, path === "report.html" ? { theme } : {})}>${t(`core.file_${key}`)}</a>
    <span class="dim">${t(`core.file_${key}_holds`)}</span></li>`;
  if (!id) return html`<p class="empty">${t("core.no_run")}</p>`;
  return html`<div class="downloads">${Object.entries(GROUPS).map(
    ([group, files]) => html`<section key=${group} class="panel"><h2 class="label">${t(`core.files_${group}`)}</h2><ul>${[...files, ...(group === "data" && hasHistory ? [HISTORY] : [])].map(line)}</ul></section>`,
  )}</div>`;
}
