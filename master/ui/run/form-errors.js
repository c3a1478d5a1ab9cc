// What the master refused, above the form: the reason, and a way to each field.

import { html } from "acrida/lib/ui.js";
import { hasText, t } from "acrida/lib/i18n.js";

/** The reason in the page's language where there is a text for its code, else in the master's words. */
export function reasonOf(error) {
  const key = `core.error_${error.code}`;
  return hasText(key) ? t(key) : error.message || String(error);
}

/** What a field is called on the page. */
export function fieldName(path) {
  const [area, ...rest] = path.split(".");
  if (rest.length > 0) return rest.join(" · ");
  return hasText(`core.field_${area}`) ? t(`core.field_${area}`) : area;
}

/**
 * @param {{error: import("acrida/lib/api.js").ApiError, fields: Record<string, string>, form: {current: HTMLElement}}} props
 */
export function ErrorSummary({ error, fields, form }) {
  const go = (path) => (event) => {
    event.preventDefault();
    const input = form.current.querySelector(`[data-field="${CSS.escape(path)}"]`);
    input?.closest("details")?.setAttribute("open", "");
    input?.focus();
  };
  const one = ([path, message]) => html`<li key=${path}><a href="#" onClick=${go(path)}>${fieldName(path)}</a>: ${message}</li>`;
  const items = Object.entries(fields);
  return html`<div class="note bad start-errors" role="alert" tabindex="-1" data-testid="start-errors">
    <div><strong>${t("core.not_started")}</strong> ${items.length === 0 && reasonOf(error)}
      ${items.length > 0 && html`<ul>${items.map(one)}</ul>`}</div>
  </div>`;
}
