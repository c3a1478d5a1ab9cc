// Chooses the lines of the response times, and their axis: logarithmic or linear.

import { html, useEffect, useRef } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { MEAN, percentileName } from "acrida/charts/panel-lines.js";

/**
 * @param {object} props
 * @param {Array<number>} props.all Fractions that there are.
 * @param {Array<number>} props.chosen
 * @param {boolean} props.hasMean
 * @param {boolean} props.isLog
 * @param {(chosen: Array<number>) => void} props.onChoose
 * @param {(hasMean: boolean) => void} props.onMean
 * @param {(isLog: boolean) => void} props.onLog
 */
export function LinePicker({ all, chosen, hasMean, isLog, onChoose, onMean, onLog }) {
  const box = useRef(null);
  useEffect(() => {
    const outside = (event) => {
      if (box.current?.open && !box.current.contains(event.target)) box.current.open = false;
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);
  const toggle = (fraction) => {
    const next = chosen.includes(fraction) ? chosen.filter((one) => one !== fraction) : [...chosen, fraction];
    onChoose(next.sort((a, b) => a - b));
  };
  const option = (fraction, isOn, onChange) => html`<label class="line-option" key=${fraction}>
    <input type="checkbox" checked=${isOn} data-testid=${`line-${fraction}`} onChange=${onChange} />
    ${percentileName(fraction)}
  </label>`;
  return html`
    <button
      type="button"
      class="chart-tool"
      aria-pressed=${isLog}
      title=${t("charts.log_title")}
      data-testid="charts-log"
      onClick=${() => onLog(!isLog)}
    >
      ${t("charts.log")}
    </button>
    <details
      class="line-picker"
      ref=${box}
      onKeyDown=${(event) => {
        if (event.key !== "Escape") return;
        box.current.open = false;
        box.current.firstElementChild.focus();
      }}
    >
      <summary class="chart-tool" data-testid="charts-lines">${t("charts.choose_lines")}</summary>
      <fieldset>
        <legend class="unseen">${t("charts.choose_lines")}</legend>
        ${all.map((fraction) => option(fraction, chosen.includes(fraction), () => toggle(fraction)))}
        ${option(MEAN, hasMean, () => onMean(!hasMean))}
      </fieldset>
    </details>
  `;
}
