// Controls above a table: which columns, and copying what is shown.

import { html, useEffect, useRef, useState } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { tsv } from "acrida/tables/table-rows.js";

const SAID_MS = 2500;

/**
 * @param {object} props
 * @param {string} props.id Of the table.
 * @param {Array<object>} props.columns
 * @param {Array<object>} props.visible
 * @param {(column: object) => void} props.onToggle
 * @param {() => void} props.onReset
 */
export function ColumnChooser({ id, columns, visible, onToggle, onReset }) {
  const box = useRef(null);
  useEffect(() => {
    const outside = (event) => {
      if (box.current?.open && !box.current.contains(event.target)) box.current.open = false;
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);
  const onKeyDown = (event) => {
    if (event.key !== "Escape") return;
    box.current.open = false;
    box.current.firstElementChild.focus();
  };
  return html`<details class="chooser" ref=${box} onKeyDown=${onKeyDown}>
    <summary class="chart-tool" data-testid=${`columns-${id}`}>${t("charts.columns")}</summary>
    <fieldset>
      <legend class="unseen">${t("charts.columns")}</legend>
      ${columns
        .filter((column) => !column.isFixed)
        .map(
          (column) => html`<label class="line-option" key=${column.id} title=${column.title}>
            <input
              type="checkbox"
              checked=${visible.includes(column)}
              data-testid=${`column-${id}-${column.id}`}
              onChange=${() => onToggle(column)}
            />
            ${column.label}
          </label>`,
        )}
      <button type="button" class="link" data-testid=${`columns-${id}-reset`} onClick=${onReset}>${t("charts.columns_reset")}</button>
    </fieldset>
  </details>`;
}

/** Copies as text even where the browser has no clipboard for pages that are not secure. */
async function copy(text) {
  if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("refused");
  return undefined;
}

/**
 * @param {object} props
 * @param {string} props.id Of the table.
 * @param {Array<object>} props.columns Those shown.
 * @param {Array<object>} props.rows Those shown, in their order.
 */
export function CopyButton({ id, columns, rows }) {
  const [said, setSaid] = useState(null);
  useEffect(() => {
    if (said === null) return undefined;
    const timer = setTimeout(() => setSaid(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const onClick = () =>
    copy(tsv(columns, rows)).then(
      () => setSaid(t("charts.copied")),
      () => setSaid(t("charts.copy_refused")),
    );
  return html`<button type="button" class="chart-tool" title=${t("charts.copy_title")} data-testid=${`copy-${id}`} onClick=${onClick}>
    <span role="status">${said ?? t("charts.copy")}</span>
  </button>`;
}
