// Says which part of the run a table shows, and leads back to the whole.

import { html } from "acrida/lib/ui.js";
import { clock } from "acrida/lib/format.js";
import { t } from "acrida/lib/i18n.js";
import { select } from "acrida/data/selection.js";
import { showCharts } from "acrida/tables/show-charts.js";

/**
 * @param {object} props What `useWindowed` returns.
 */
export function WindowBanner({ window, isLoading, error }) {
  if (!window && !isLoading && !error) return null;
  const text = window
    ? t("charts.window", { from: clock(window.from_s), to: clock(window.to_s) })
    : t("charts.window_none");
  return html`<div class="window-banner" role="status" data-testid="window-banner">
    <strong data-testid="window-span">${text}</strong>
    ${isLoading && html`<span class="dim">${t("charts.window_loading")}</span>`}
    ${error && html`<span class="bad">${t("charts.failed", { reason: error })}</span>`}
    <button type="button" class="link" data-testid="window-charts" onClick=${showCharts}>
      ${t("charts.window_in_charts")}
    </button>
    <button type="button" class="link" data-testid="window-reset" onClick=${() => select({ window: null })}>
      ${t("charts.whole_run")}
    </button>
  </div>`;
}
