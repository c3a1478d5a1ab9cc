// Which runs are compared: letter and colour, state, the compared part, notes; the choice of the reference.

import { html } from "acrida/lib/ui.js";
import { clock, msUnit, whole } from "acrida/lib/format.js";
import { t } from "acrida/lib/i18n.js";
import { LETTERS, RunLink, RunState, runName } from "acrida/history/run-label.js";

/**
 * The letter of a compared run on its colour.
 * @param {{index: number}} props
 */
export function Letter({ index }) {
  return html`<span class="run-letter" style=${`--run: var(--c${index + 1})`}>${LETTERS[index]}</span>`;
}

/** From here on a wait in the load generator is worth a line, milliseconds. */
const NOTABLE_LAG_MS = 5;

/** Why a run's figures cannot be judged. */
function Part({ window }) {
  const span = { from: clock(window.from_s), to: clock(window.to_s) };
  return window.is_steady ? t("history.part", span) : html`<span class="warn">${t("history.part_unsteady", span)}</span>`;
}

/**
 * @param {{comparison: object, onReference: (id: string) => void, onLeaveOut: (id: string) => void}} props
 */
export function CompareRuns({ comparison, onReference, onLeaveOut }) {
  const { runs, windows, reference } = comparison;
  return html`<div class="compare-runs" role="radiogroup" aria-label=${t("history.reference")}>
    ${runs.map((run, index) => {
      const name = runName(run);
      return html`<article key=${run.id} class="compare-run panel" data-testid=${`compared-${run.id}`}>
        <h3><${Letter} index=${index} /><${RunLink} run=${run}>${name}</></h3>
        <p><${RunState} run=${run} /> · ${t("history.n_users", { n: whole(run.users) })}</p>
        <p class="dim"><${Part} window=${windows[index]} /></p>
        ${windows[index].lag_p99_ms >= NOTABLE_LAG_MS &&
        html`<p class="warn" data-testid=${`lag-${run.id}`}>${t("history.late_generator", { time: msUnit(windows[index].lag_p99_ms) })}</p>`}
        ${run.tags.length > 0 && html`<p>${run.tags.map((tag) => html`<span key=${tag} class="tag">${tag}</span>`)}</p>`}
        ${run.notes && html`<p class="compare-notes">${run.notes}</p>`}
        <div class="compare-choice">
          <label><input type="radio" name="reference" checked=${run.id === reference} data-testid=${`reference-${run.id}`}
            onChange=${() => onReference(run.id)} /> ${t("history.reference")}</label>
          ${runs.length > 2 &&
          html`<button type="button" class="link" aria-label=${t("history.leave_out_of", { name })} data-testid=${`leave-out-${run.id}`}
            onClick=${() => onLeaveOut(run.id)}>${t("history.leave_out")}</button>`}
        </div>
      </article>`;
    })}
  </div>`;
}
