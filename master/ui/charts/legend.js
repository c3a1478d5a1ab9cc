// Names of a chart's lines, each with its figure at the cursor (without a cursor: the latest in view). Pressing a name hides its
// line. The figures are written straight into the page, so that moving the pointer renders nothing.

import { html } from "acrida/lib/ui.js";
import { MISSING, clock } from "acrida/lib/format.js";
import { t } from "acrida/lib/i18n.js";
import { CROSSED_INTERVALS } from "acrida/charts/plot.js";

/**
 * @param {object} props
 * @param {object} props.root Ref to be set to the element.
 * @param {string} props.id Of the chart.
 * @param {Array<object>} props.series
 * @param {Set<string>} props.hidden
 * @param {(index: number, id: string) => void} props.onToggle
 */
export function Legend({ root, id, series, hidden, onToggle }) {
  return html`<div class="legend" ref=${root} role="group" aria-label=${t("charts.lines")}>
    ${series.map((line, index) => {
      const key = line.id ?? line.label;
      return html`<button
        type="button"
        key=${key}
        class="legend-item"
        aria-pressed=${!hidden.has(key)}
        title=${t("charts.toggle_line", { name: line.label })}
        data-testid=${`legend-${id}-${key}`}
        onClick=${() => onToggle(index, key)}
      >
        <svg class="legend-sign" width="18" height="8" aria-hidden="true">
          <line
            x1="0"
            y1="4"
            x2="18"
            y2="4"
            stroke=${line.stroke.startsWith("--") ? `var(${line.stroke})` : line.stroke}
            stroke-width="2.5"
            stroke-dasharray=${(line.dash ?? []).join(" ")}
          />
        </svg>
        <span class="legend-name">${line.label}</span>
        <output class="legend-value" data-testid=${`value-${id}-${key}`}>${MISSING}</output>
      </button>`;
    })}
  </div>`;
}

/** Figure at an interval; for "the latest" the last one that there is, if it is not long ago. */
function figure(values, at, isOn) {
  const reach = isOn ? 0 : CROSSED_INTERVALS;
  for (let index = at; index >= Math.max(0, at - reach); index -= 1) {
    const value = values?.[index];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

/** Format of a line: its own or that of its axis. */
export function formatOf(line, axes) {
  return line.format ?? axes.find((axis) => axis.scale === line.scale)?.format ?? axes[0].format;
}

/**
 * Writes the figures at the cursor into the legend.
 * @param {HTMLElement | null} root
 * @param {object} u uPlot.
 * @param {Array<object>} series
 * @param {Array<object>} axes
 * @param {number} width_s Length of an interval.
 */
export function readout(root, u, series, axes, width_s) {
  if (!root) return;
  const { idx } = u.cursor;
  const isOn = idx !== null && idx !== undefined;
  const at = isOn ? idx : (u.series[0].idxs?.[1] ?? u.data[0].length - 1);
  root.classList.toggle("is-latest", !isOn);
  const values = root.querySelectorAll(".legend-value");
  const words = isOn ? [clock(u.data[0][at] - width_s / 2)] : [];
  series.forEach((line, index) => {
    const value = figure(u.data[index + 1], at, isOn);
    const text = value === null ? MISSING : formatOf(line, axes)(value);
    const target = values[index];
    if (target && target.textContent !== text) target.textContent = text;
    if (line.show) words.push(`${line.label} ${text}`);
  });
  root.dataset.spoken = words.join(", ");
}
