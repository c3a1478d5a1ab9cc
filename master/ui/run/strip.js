// The strip over a live run: where it stands, in one line of figures.

import { classes, html } from "acrida/lib/ui.js";
import { hasText, t } from "acrida/lib/i18n.js";
import { MISSING, clock, percent, rate, whole } from "acrida/lib/format.js";
import { lostWorkers } from "acrida/data/lost-workers.js";
import { useData } from "acrida/data/source.js";
import { Icon } from "acrida/parts/icon.js";
import { HealthCell } from "acrida/run/health.js";
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

/** Why a run ended, in the page's language. */
export function causeText(cause) {
  return cause && hasText(`core.cause_${cause}`) ? t(`core.cause_${cause}`) : cause;
}

/** Share of the run's time that is over; null without a time limit. */
function progress(status) {
  return status.run_time_s ? Math.min(1, status.elapsed_s / status.run_time_s) : null;
}

function TimeCell({ status, cause }) {
  const isOver = status.state === "stopped";
  const done = isOver ? null : progress(status);
  const limit = done === null ? t("core.no_limit") : t("core.time_left", { left: clock(status.run_time_s - status.elapsed_s) });
  const left = isOver ? causeText(cause) : limit;
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
  const run = useData((state) => state.run);
  const marks = useData((state) => state.marks);
  const total = useData((now) => now.statistics?.total ?? null);
  if (!status) return html`<dl class="strip" aria-hidden="true"></dl>`;
  const { state } = status;
  // When it is over, the present rates are 0 and nobody wants users: what it had been is of use.
  const ended = state === "stopped" && run && total ? { users: run.users, rate: total.rate, fail_rate: total.fail_rate } : null;
  const users = ended ? whole(ended.users) : html`${whole(status.users)}<span class="strip-of"> / ${whole(status.target_users)}</span>`;
  const lost = status.workers_missing + lostWorkers(marks, status.workers, run?.started_unix_s).length;
  const shape = status.shape_class ? t("core.by_shape", { shape: status.shape_class }) : null;
  return html`<div class="strip-box">
    <dl class="strip" data-testid="strip">
      <${Cell} label=${t("core.state")} testid="strip-state" note=${status.profile || shape} tone=${`state-${state}`}><${Icon} name=${state} />${t(`core.state_${state}`)}</>
      <${TimeCell} status=${status} cause=${run?.end_cause} />
      <${Cell} label=${t("core.users")} testid="strip-users" note=${shape ?? t("core.per_second", { rate: rate(status.spawn_rate) })}>${users}</>
      <${Cell} label=${t("core.workers")} testid="strip-workers" tone=${lost > 0 ? "bad" : ""}
        note=${lost > 0 ? html`<span class="bad" data-testid="strip-lost">${t("core.lost", { n: whole(lost) })}</span>` : t("core.none_lost")}>${whole(status.workers_up)}</>
      <${Cell} label=${t(ended ? "core.mean_rate" : "core.rate")} testid="strip-rate" note=${t("core.requests_so_far", { n: whole(status.requests) })}>${rate((ended ?? status).rate)}</>
      <${Cell} label=${t(ended ? "core.mean_failures" : "core.failures")} testid="strip-failures" tone=${status.failures > 0 ? "bad" : ""}
        note=${t("core.failed_share", { share: status.requests > 0 ? percent(status.fail_ratio) : MISSING, n: whole(status.failures) })}>${rate((ended ?? status).fail_rate)}</>
      <${HealthCell} status=${status} />
    </dl>
    <${Actions} />
  </div>`;
}
