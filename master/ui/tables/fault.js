// Whose fault an error is, as a sign and a word.

import { html } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";

/** All there are, in the order in which they are offered; `unknown` stands for null. */
export const FAULTS = ["target", "network", "generator", "script", "unknown"];

const SIGNS = {
  target: html`<circle cx="8" cy="8" r="6" /><circle cx="8" cy="8" r="2" />`,
  network: html`<path d="M2 5h9M8 2l3 3-3 3M14 11H5M8 8l-3 3 3 3" />`,
  generator: html`<path d="M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z" />`,
  script: html`<path d="M5.5 4 2 8l3.5 4M10.5 4 14 8l-3.5 4" />`,
  unknown: html`<path d="M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M8 12.5v.5" />`,
};

/** Name of a fault for lists: null becomes `unknown`. */
export function faultOf(row) {
  return row.fault ?? "unknown";
}

/**
 * @param {object} props
 * @param {string} props.fault One of `FAULTS`.
 */
export function Fault({ fault }) {
  return html`<span class=${`fault fault-${fault}`} title=${t(`charts.fault_${fault}_title`)}>
    <svg viewBox="0 0 16 16" width="13" height="13" fill="none" stroke="currentColor" stroke-width="1.6" aria-hidden="true">${SIGNS[fault]}</svg>
    ${t(`charts.fault_${fault}`)}
  </span>`;
}
