// The strip over a run of the history: what it was and how it ended.

import { html } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { clock, dateTime, msUnit, percent, rate, whole } from "acrida/lib/format.js";
import { useData } from "acrida/data/source.js";
import { Icon } from "acrida/parts/icon.js";
import { Cell, causeText } from "acrida/run/strip.js";

/** The stored run's strip; empty until it has come. */
export function StoredStrip() {
  const run = useData((state) => state.run);
  const failure = useData((state) => state.connection.reason);
  if (!run) return failure ? html`<p class="note bad" role="alert" data-testid="run-failed">${t("core.run_failed", { reason: failure })}</p>` : html`<dl class="strip" aria-hidden="true"></dl>`;
  return html`<div class="strip-box"><dl class="strip" data-testid="strip">
    <${Cell} label=${t("core.state")} testid="strip-state" note=${causeText(run.end_cause)} tone=${`state-${run.state}`}><${Icon} name=${run.state} />${t(`core.state_${run.state}`)}</>
    <${Cell} label=${t("core.run_time")} testid="strip-elapsed" note=${dateTime(run.started_unix_s)}>${clock(run.elapsed_s)}</>
    <${Cell} label=${t("core.users")} testid="strip-users" note=${run.profile || run.shape_class || run.host}>${whole(run.users)}</>
    <${Cell} label=${t("core.mean_rate")} testid="strip-rate" note=${t("core.requests_so_far", { n: whole(run.requests) })}>${rate(run.rate)}</>
    <${Cell} label=${t("core.failures")} testid="strip-failures" tone=${run.failures > 0 ? "bad" : ""} note=${t("core.failed_n", { n: whole(run.failures) })}>${percent(run.fail_ratio)}</>
    <${Cell} label=${t("core.median")} testid="strip-p50" note=${t("core.p99", { value: msUnit(run.p99_ms) })}>${msUnit(run.p50_ms)}</>
    <${Cell} label=${t("core.p95")} testid="strip-p95">${msUnit(run.p95_ms)}</>
  </dl></div>`;
}
