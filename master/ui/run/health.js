// Generator health in the strip: can the figures be trusted? With the reasons behind the word.

import { html } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { msUnit, number } from "acrida/lib/format.js";
import { Icon } from "acrida/parts/icon.js";
import { Popover } from "acrida/parts/popover.js";

function reasonText({ kind, worker, value }) {
  const figure = kind === "cpu" ? number(value, 0) : msUnit(value);
  return t(`core.health_${kind}`, { worker: worker ?? "", value: figure });
}

/**
 * @param {{status: object}} props
 */
export function HealthCell({ status }) {
  const { level, reasons } = status.health;
  const word = html`<span class=${`health-word ${level}`}><${Icon} name=${level} />${t(`core.health_level_${level}`)}</span>`;
  return html`<div class="strip-cell">
    <dt class="label">${t("core.health")}</dt>
    <dd class="strip-figure strip-word" data-testid="strip-health" data-level=${level}>
      <${Popover} label=${t("core.health_reasons")} button=${word} testid="health-open">
        <p>${t(`core.health_means_${level}`)}</p>
        <ul class="reasons">${reasons.map((reason, index) => html`<li key=${index}>${reasonText(reason)}</li>`)}</ul>
      </>
    </dd>
    <dd class="strip-note">${reasons.length > 0 ? t("core.reasons", { n: reasons.length }) : status.state !== "stopped" && t("core.health_now")}</dd>
  </div>`;
}
