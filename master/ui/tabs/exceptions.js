// Exceptions of users' code: how often, what, where, with the traceback.

import { html } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { whole } from "acrida/lib/format.js";
import { useData, useSource } from "acrida/data/source.js";
import { usePolled } from "acrida/parts/use-polled.js";

const EVERY_MS = 5000;

function Row({ row }) {
  return html`<li class="exception" data-testid="exception">
    <details>
      <summary><span class="exception-count">${whole(row.count)}×</span><span class="exception-text mono">${row.msg}</span>
        <span class="dim exception-nodes" title=${row.nodes.join(", ")}>${t("core.on_workers", { n: row.nodes.length })}</span></summary>
      <pre class="traceback" tabindex="0">${row.traceback}</pre>
      <p class="dim">${t("core.exception_nodes")} <span class="mono">${row.nodes.join(", ")}</span></p>
    </details></li>`;
}

/** The tab. */
export function Exceptions() {
  const source = useSource();
  const distinct = useData((state) => state.status?.exceptions ?? 0);
  const { value, error } = usePolled(() => source.exceptions(), source.kind === "live" ? EVERY_MS : null, [source, distinct]);
  if (!value) return html`<p class="empty" aria-busy=${error ? null : "true"}>${error?.message}</p>`;
  if (value.rows.length === 0) return html`<p class="empty" data-testid="no-exceptions">${t("core.no_exceptions")}</p>`;
  const rows = [...value.rows].sort((a, b) => b.count - a.count);
  return html`<ul class="exceptions panel">${rows.map((row) => html`<${Row} key=${row.msg + row.traceback} row=${row} />`)}</ul>`;
}
