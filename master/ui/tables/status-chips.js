// HTTP status codes with their counts, as small chips, errors first. The class of a code is told by its first digit; the colour only
// repeats it.

import { html } from "acrida/lib/ui.js";
import { MISSING, whole } from "acrida/lib/format.js";
import { language, t } from "acrida/lib/i18n.js";

/** Chips shown at most; the rest is named in the tip. */
const MAX_CHIPS = 2;

const formats = new Map();

/** A count in few letters: 1.2K. */
function short(count) {
  const name = language();
  if (!formats.has(name)) formats.set(name, new Intl.NumberFormat(name, { notation: "compact", maximumFractionDigits: 1 }));
  return formats.get(name).format(count);
}

function tone(code) {
  if (code < 300) return "good";
  if (code < 400) return "dim";
  return code < 500 ? "warn" : "bad";
}

/** Codes and counts in one line: `200: 1,234, 503: 12`. */
export function statusText(codes) {
  return Object.entries(codes ?? {})
    .map(([code, count]) => `${code}: ${count}`)
    .join(", ");
}

/**
 * @param {object} props
 * @param {Record<string, number>} props.codes
 */
export function StatusChips({ codes }) {
  const isError = ([code]) => Number(code) >= 400;
  const all = Object.entries(codes ?? {}).sort((a, b) => Number(isError(b)) - Number(isError(a)) || b[1] - a[1]);
  if (all.length === 0) return MISSING;
  const rest = all.slice(MAX_CHIPS);
  return html`<span class="status-chips">
    ${all.slice(0, MAX_CHIPS).map(
      ([code, count]) => html`<span key=${code} class=${`status-chip ${tone(Number(code))}`} title=${`${code}: ${whole(count)}`}>
        <b>${code}</b>${" "}<span>${short(count)}</span>
      </span>`,
    )}
    ${rest.length > 0 &&
    html`<span class="dim" title=${statusText(Object.fromEntries(rest))}>${t("charts.more", { n: rest.length })}</span>`}
  </span>`;
}
