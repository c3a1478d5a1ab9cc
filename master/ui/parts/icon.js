// Small drawings: a state is told by shape and word, and only then by colour.

import { html } from "acrida/lib/ui.js";

const PATHS = {
  ready: html`<circle cx="8" cy="8" r="5.2" fill="none" stroke="currentColor" stroke-width="1.6" />`,
  spawning: html`<path d="M2.5 12.5 8 7l2.5 2.5 3.5-5.5M14 8V4h-4" fill="none" stroke="currentColor" stroke-width="1.7" />`,
  running: html`<path d="M4.5 2.8v10.4L13 8z" fill="currentColor" />`,
  stopping: html`<rect x="3.8" y="3.8" width="8.4" height="8.4" fill="none" stroke="currentColor" stroke-width="1.7" stroke-dasharray="3 1.6" />`,
  stopped: html`<rect x="3.5" y="3.5" width="9" height="9" fill="currentColor" />`,
  incomplete: html`<path d="M3.5 3.5h9v9M3.5 3.5v9h4" fill="none" stroke="currentColor" stroke-width="1.7" />`,
  good: html`<path d="M3 8.5 6.5 12 13 4.5" fill="none" stroke="currentColor" stroke-width="2" />`,
  warn: html`<path d="M8 2.5 14.5 13.5h-13zM8 6.5v3.5M8 11.4v1" fill="none" stroke="currentColor" stroke-width="1.5" />`,
  bad: html`<path d="M4 4l8 8M12 4l-8 8" fill="none" stroke="currentColor" stroke-width="2.2" />`,
  unknown: html`<path d="M4 8h8" fill="none" stroke="currentColor" stroke-width="2" />`,
};

/**
 * @param {{name: string}} props a run's state, or `good`, `warn`, `bad`
 */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">${PATHS[name] ?? PATHS.unknown}</svg>`;
}
