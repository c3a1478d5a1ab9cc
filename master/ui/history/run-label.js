// How a run is called and what state it is in, in a few words.

import { classes, html } from "acrida/lib/ui.js";
import { dateTime } from "acrida/lib/format.js";
import { hasText, t } from "acrida/lib/i18n.js";
import { CLEAN, follow, href } from "acrida/lib/route.js";
import { forget } from "acrida/data/selection.js";

/** Letters of compared runs: they, not the colours alone, tell runs apart. */
export const LETTERS = ["A", "B", "C", "D", "E"];

/** Its label if it was given one, else when it was started. */
export function runName(run) {
  return run.profile || dateTime(run.started_unix_s);
}

const TONES = { incomplete: "warn", spawning: "good", running: "good", stopping: "good" };

/**
 * The state as a word; with what it means, where that needs words.
 * @param {{run: object}} props
 */
export function RunState({ run }) {
  const key = `history.state_${run.state}`;
  const cause = `history.cause_${run.end_cause}`;
  const title = run.state === "incomplete" ? t("history.incomplete_why") : hasText(cause) ? t(cause) : undefined;
  return html`<span class=${classes("run-state", TONES[run.state])} title=${title} data-state=${run.state}>
    <span aria-hidden="true">${run.state === "incomplete" ? "◐" : run.is_live ? "●" : "○"}</span>
    ${hasText(key) ? t(key) : run.state}${title && html`<span class="unseen"> (${title})</span>`}
  </span>`;
}

/**
 * A link that opens the run: the live view of the run that is on, else the stored one.
 * @param {{run: object, children: *, [prop: string]: *}} props
 */
export function RunLink({ run, children, ...rest }) {
  const to = run.is_live ? CLEAN : { ...CLEAN, run: run.id };
  const go = (event) => {
    forget();
    follow(to)(event);
  };
  return html`<a href=${href(to)} onClick=${go} ...${rest}>${children}</a>`;
}
