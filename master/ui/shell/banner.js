// Says that the connection to the master is lost, since when, and that we try again.

import { html } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { timeOfDay } from "acrida/lib/format.js";
import { useSlice } from "acrida/lib/store.js";

/**
 * @param {{source: import("acrida/data/source.js").Source}} props
 */
export function Banner({ source }) {
  const since = useSlice(source.state, ({ connection }) => connection.lost_since_unix_s);
  return html`<div role="status" class="banner-place">
    ${since !== null && html`<p class="note bad banner" data-testid="connection-lost">${t("core.connection_lost", { since: timeOfDay(since) })}</p>`}
  </div>`;
}
