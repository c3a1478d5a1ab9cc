// What was asked for differently, and where the runs ran.

import { html } from "acrida/lib/ui.js";
import { span } from "acrida/lib/format.js";
import { hasText, t } from "acrida/lib/i18n.js";
import { Letter } from "acrida/history/compare-runs.js";

function label(name) {
  const key = `history.option_${name.replace(".", "_")}`;
  return hasText(key) ? t(key) : name;
}

function shown(name, value) {
  if (value === null || value === "") return html`<span class="dim">–</span>`;
  if (name === "run_time_s") return span(value);
  if (name === "script_hash") return html`<code title=${value}>${value.slice(0, 12)}</code>`;
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? html`<code>${JSON.stringify(value)}</code>` : String(value);
}

/**
 * @param {{options: Array<{name: string, values: Array<*>}>, runs: Array<object>}} props
 */
export function DifferingOptions({ options, runs }) {
  return html`<section aria-labelledby="compare-options">
    <div class="history-bar"><h3 id="compare-options">${t("history.options")}</h3></div>
    ${options.length === 0
      ? html`<p class="dim" data-testid="options-same">${t("history.options_same")}</p>`
      : html`<div class="scroll panel"><table class="compare-options" data-testid="compare-options">
          <thead><tr><th scope="col">${t("history.option")}</th>
            ${runs.map((run, index) => html`<th key=${run.id} scope="col"><${Letter} index=${index} /></th>`)}</tr></thead>
          <tbody>${options.map(
            ({ name, values }) => html`<tr key=${name}><th scope="row" title=${name}>${label(name)}</th>
              ${values.map((value, index) => html`<td key=${index}>${shown(name, value)}</td>`)}</tr>`,
          )}</tbody>
        </table></div>`}
  </section>`;
}
