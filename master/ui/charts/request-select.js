// Chooses whose figures the charts show: all requests, or one name among hundreds, found by typing.

import { classes, html, useEffect, useId, useMemo, useRef, useState } from "acrida/lib/ui.js";
import { whole } from "acrida/lib/format.js";
import { t } from "acrida/lib/i18n.js";

/** Names in the list at most; typing finds the others. */
const MAX_SHOWN = 60;

/** Method and name in one text. */
export function requestLabel(row) {
  return row.method ? `${row.method} ${row.name}` : row.name;
}

function found(rows, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const label = requestLabel(row).toLowerCase();
    return words.every((word) => label.includes(word));
  });
}

/**
 * @param {object} props
 * @param {Array<object>} props.rows Of the statistics: `id`, `method`, `name`, `requests`.
 * @param {number | null} props.chosen
 * @param {(id: number | null) => void} props.onChoose
 */
export function RequestSelect({ rows, chosen, onChoose }) {
  const id = useId();
  const root = useRef(null);
  const list = useRef(null);
  const [text, setText] = useState(null);
  const [active, setActive] = useState(0);
  const isOpen = text !== null;
  const sorted = useMemo(() => (isOpen ? [...rows].sort((a, b) => b.requests - a.requests) : []), [rows, isOpen]);
  const matching = isOpen ? found(sorted, text) : [];
  const shown = matching.slice(0, MAX_SHOWN);
  const options = isOpen && text.trim() === "" ? [null, ...shown] : shown;
  const own = rows.find((row) => row.id === chosen);
  const label = chosen === null ? t("charts.all_requests") : own ? requestLabel(own) : t("charts.request_number", { id: chosen });

  const choose = (row) => {
    onChoose(row?.id ?? null);
    setText(null);
  };
  const onKeyDown = (event) => {
    const last = options.length - 1;
    const moves = { ArrowDown: Math.min(last, active + 1), ArrowUp: Math.max(0, active - 1) };
    if (event.key === "Escape" && isOpen) setText(null);
    else if (event.key === "Enter" && isOpen && options.length > 0) choose(options[Math.min(active, last)]);
    else if (event.key in moves) {
      if (!isOpen) setText("");
      setActive(isOpen ? moves[event.key] : 0);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);
  useEffect(() => {
    if (!isOpen) return undefined;
    const outside = (event) => !root.current.contains(event.target) && setText(null);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [isOpen]);

  return html`<div class="request-select" ref=${root}>
    <label class="unseen" for=${id}>${t("charts.request_label")}</label>
    <input
      id=${id}
      type="text"
      role="combobox"
      autocomplete="off"
      spellcheck="false"
      aria-expanded=${isOpen ? "true" : "false"}
      aria-controls=${`${id}-list`}
      aria-activedescendant=${isOpen ? `${id}-${active}` : undefined}
      placeholder=${label}
      value=${isOpen ? text : label}
      data-testid="charts-request"
      onFocus=${(event) => {
        setText("");
        setActive(0);
        event.target.select();
      }}
      onBlur=${(event) => !root.current.contains(event.relatedTarget) && setText(null)}
      onInput=${(event) => {
        setText(event.target.value);
        setActive(0);
      }}
      onKeyDown=${onKeyDown}
    />
    ${isOpen &&
    html`<ul class="request-list" id=${`${id}-list`} role="listbox" aria-label=${t("charts.request_label")} ref=${list}>
      ${options.map(
        (row, index) => html`<li
          key=${row?.id ?? "all"}
          id=${`${id}-${index}`}
          role="option"
          class=${classes(index === active && "is-active")}
          aria-selected=${(row?.id ?? null) === chosen ? "true" : "false"}
          data-testid=${row ? `charts-request-${row.id}` : "charts-request-all"}
          onPointerDown=${(event) => {
            event.preventDefault();
            choose(row);
            event.target.ownerDocument.activeElement?.blur();
          }}
        >
          <span class="request-name">${row ? requestLabel(row) : t("charts.all_requests")}</span>
          ${row && html`<span class="dim">${whole(row.requests)}</span>`}
        </li>`,
      )}
      ${matching.length === 0 && html`<li class="request-note" role="presentation">${t("charts.request_none")}</li>`}
      ${matching.length > MAX_SHOWN &&
      html`<li class="request-note" role="presentation">${t("charts.request_more", { n: whole(matching.length - MAX_SHOWN) })}</li>`}
    </ul>`}
  </div>`;
}
