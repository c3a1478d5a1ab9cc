// A view whose modules load when it is first shown. Loaded views are kept, so that showing one again is at once.

import { html, useEffect, useErrorBoundary, useState } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";

const loaded = new Map();

/**
 * @param {{load: () => Promise<Function>, [prop: string]: *}} props `load` brings the component; the rest is passed on.
 *   `load` must be the same function each time
 */
export function Later({ load, ...rest }) {
  const [, again] = useState(0);
  const [failure, setFailure] = useState(null);
  const [broken] = useErrorBoundary((error) => console.error(error));
  useEffect(() => {
    if (loaded.has(load)) return;
    load().then(
      (component) => {
        loaded.set(load, component);
        again((n) => n + 1);
      },
      (error) => setFailure(error),
    );
  }, [load]);
  const Component = loaded.get(load);
  const wrong = broken ?? failure;
  if (wrong) return html`<p class="note bad" role="alert">${t("core.view_failed", { reason: String(wrong.message ?? wrong) })}</p>`;
  return Component ? html`<${Component} ...${rest} />` : html`<div class="empty" aria-busy="true"></div>`;
}
