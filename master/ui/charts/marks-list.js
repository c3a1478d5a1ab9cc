// The marks of the time axis as a list: what the flags say, for the keyboard and for screen readers, each with a way to its moment.

import { html } from "acrida/lib/ui.js";
import { clock } from "acrida/lib/format.js";
import { t } from "acrida/lib/i18n.js";
import { markLook, markName, markText } from "acrida/charts/mark-kinds.js";

/** Marks in the list at most: the last ones. */
const MAX_SHOWN = 200;

/**
 * @param {object} props
 * @param {Array<object>} props.marks In order of time.
 * @param {(at_s: number) => void} props.onShow Shows the charts about a moment.
 */
export function MarksList({ marks, onShow }) {
  if (marks.length === 0) return null;
  const shown = marks.slice(-MAX_SHOWN);
  return html`<details class="marks-list" data-testid="marks-list">
    <summary>${t("charts.marks", { n: marks.length })}</summary>
    <ol>
      ${shown.map(
        (mark, index) => html`<li key=${`${index} ${mark.at_s}`} data-testid=${`mark-${mark.kind}`}>
          <button
            type="button"
            class="link"
            title=${t("charts.mark_show")}
            aria-label=${t("charts.mark_show_at", { at: clock(mark.at_s) })}
            onClick=${() => onShow(mark.at_s)}
          >
            ${clock(mark.at_s)}
          </button>
          <span class="mark-sign" style=${{ color: `var(${markLook(mark).colour})` }} aria-hidden="true">${markLook(mark).sign}</span>
          <span class="mark-kind">${markName(mark.kind)}</span>
          <span>${markText(mark)}</span>
        </li>`,
      )}
    </ol>
  </details>`;
}
