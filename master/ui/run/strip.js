// The strip over a live run: where it stands, in one line of figures.

import { classes, html } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { MISSING, clock, percent, rate, whole } from "acrida/lib/format.js";
import { useData } from "acrida/data/source.js";
import { Icon } from "acrida/parts/icon.js";
import { HealthCell } from "acrida/run/health.js";
import { lostWorkers } from "acrida/run/lost-workers.js";
import { Actions } from "acrida/run/actions.js";

/**
 * One figure with its label.
 * @param {{label: string, testid: string, note?: *, tone?: string, children: *}} props
 */
export function Cell({ label, testid, note, tone, children }) {
  return html`<div class="strip-cell">
    <dt class="label">${label}</dt>
    <dd class=${classes("strip-figure", tone)} data-testid=${testid}>${children}</dd>
    <dd class="strip-note">${note}</dd>
  </div>`;
}

/** Share of the run's time that is over; null without a time limit. */
function progress(status) {
  return status.run_time_s ? Math.min(1, status.elapsed_s / status.run_time_s) : null;
}

function TimeCell({ status }) {
  const done = progress(status);
  const left = done === null ? t("core.no_limit") : t("core.time_left", { left: clock(status.run_time_s - status.elapsed_s) });
  return html`<div class="strip-cell">
    <dt class="label">${t("core.elapsed")}</dt>
    <dd class="strip-figure" data-testid="strip-elapsed">${clock(status.elapsed_s)}</dd>
    <dd class="strip-note" data-testid="strip-left">${left}</dd>
    ${done !== null && html`<dd class="strip-progress"><progress max="1" value=${done} aria-label=${t("core.progress")}></progress></dd>`}
  </div>`;
}

/** The live run's strip. */
export function Strip() {
  const status = useData((state) => state.status);
  const struck = useData((state) => lostWorkers(state).length);
  if (!status) return html`<dl class="strip" aria-hidden="true"></dl>`;
  const { state } = status;
  const users = html`${whole(status.users)}<span class="strip-of"> / ${whole(status.target_users)}</span>`;
  const lost = status.workers_missing + struck;
  const shape = status.shape_class ? t("core.by_shape", { shape: status.shape_class }) : null;
  return html`<div class="strip-box">
    <dl class="strip" data-testid="strip">
      <${Cell} label=${t("core.state")} testid="strip-state" note=${status.profile || shape} tone=${`state-${state}`}><${Icon} name=${state} />${t(`core.state_${state}`)}</>
      <${TimeCell} status=${status} />
      <${Cell} label=${t("core.users")} testid="strip-users" note=${shape ?? t("core.per_second", { rate: rate(status.spawn_rate) })}>${users}</>
      <${Cell} label=${t("core.workers")} testid="strip-workers" tone=${lost > 0 ? "bad" : ""}
        note=${lost > 0 ? html`<span class="bad" data-testid="strip-lost">${t("core.lost", { n: lost })}</span>` : t("core.none_lost")}>${whole(status.workers_up)}</>
      <${Cell} label=${t("core.rate")} testid="strip-rate" note=${t("core.requests_so_far", { n: whole(status.requests) })}>${rate(status.rate)}</>
      <${Cell} label=${t("core.failures")} testid="strip-failures" tone=${status.failures > 0 ? "bad" : ""}
        note=${t("core.failed_share", { share: status.requests > 0 ? percent(status.fail_ratio) : MISSING, n: whole(status.failures) })}>${rate(status.fail_rate)}</>
      <${HealthCell} status=${status} />
    </dl>
    <${Actions} />
  </div>`;
}
