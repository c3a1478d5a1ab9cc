// A table for figures: sort, filter, choose columns, copy; thousands of rows, since only those on the screen are in the page.
// It knows nothing of what it shows.

import { classes, html, useId, useMemo, useRef, useState } from "acrida/lib/ui.js";
import { whole } from "acrida/lib/format.js";
import { t } from "acrida/lib/i18n.js";
import { recall, remember } from "acrida/lib/memory.js";
import { ColumnChooser, CopyButton } from "acrida/tables/table-tools.js";
import { filterOf, sorted } from "acrida/tables/table-rows.js";
import { Kept, cells, useAim, useKeptFocus, useLines, useWindow } from "acrida/tables/use-rows.js";

/** Sort order and chosen columns, remembered by the browser. */
function useTableState(key, columns, firstSort) {
  const [sort, setSort] = useState(() => recall(`acrida.table.${key}.sort`, firstSort));
  const [shown, setShown] = useState(() => recall(`acrida.table.${key}.columns`, null));
  const visible = useMemo(() => columns.filter((column) => column.isFixed || (shown?.[column.id] ?? !column.isHidden)), [columns, shown]);
  return {
    sort,
    visible,
    sortBy(column) {
      const isSame = sort.column === column.id;
      const next = { column: column.id, isDown: isSame ? !sort.isDown : Boolean(column.isNumber) };
      remember(`acrida.table.${key}.sort`, next);
      setSort(next);
    },
    toggle(column) {
      const next = { ...shown, [column.id]: !visible.includes(column) };
      remember(`acrida.table.${key}.columns`, next);
      setShown(next);
    },
    reset() {
      remember(`acrida.table.${key}.columns`, undefined);
      setShown(null);
    },
  };
}

function Head({ columns, sort, sortBy }) {
  return html`<thead>
    <tr aria-rowindex="1">
      ${columns.map((column) => {
        const order = sort.column === column.id ? (sort.isDown ? "descending" : "ascending") : undefined;
        return html`<th
          key=${column.id}
          scope="col"
          class=${classes(column.isNumber && "number", column.isFixed && "is-fixed")}
          aria-sort=${order}
          title=${column.title}
          data-col=${column.id}
        >
          <button type="button" class="sort" data-testid=${`sort-${column.id}`} onClick=${() => sortBy(column)}>
            ${column.label}<span class="sort-sign" aria-hidden="true">${order ? (sort.isDown ? "▾" : "▴") : ""}</span>
          </button>
        </th>`;
      })}
    </tr>
  </thead>`;
}

/**
 * @param {object} props
 * @param {string} props.id Key for tests and for what the browser remembers.
 * @param {string} props.label Name for screen readers.
 * @param {Array<import("acrida/tables/table-rows.js").Column>} props.columns
 * @param {Array<object>} props.rows
 * @param {(row: object) => string | number} props.rowKey
 * @param {(row: object) => string} props.rowTestId
 * @param {(row: object) => string} props.searchText What the filter looks at.
 * @param {object | null} [props.total] Row that stays at the foot.
 * @param {{column: string, isDown: boolean}} props.firstSort
 * @param {(row: object) => void} [props.onRow] A row was clicked, or Enter pressed on it.
 * @param {(row: object) => boolean} [props.isChosen]
 * @param {(row: object) => *} [props.detail] Opened beneath a row by a click instead of `onRow`; null: nothing to open.
 * @param {string} [props.scope] What the figures are about, such as a window of time: when it changes, all rows are made anew at once.
 * @param {*} [props.tools] Further controls above the table.
 * @param {string} props.empty Why there is no row.
 */
export function DataTable(props) {
  const { id, columns, rows, rowKey, rowTestId, searchText, total, detail } = props;
  const filterId = useId();
  const box = useRef(null);
  const [typed, setTyped] = useState("");
  const [open, setOpen] = useState(() => new Set());
  const [focused, setFocused] = useState(null);
  const state = useTableState(id, columns, props.firstSort);
  const filter = useMemo(() => filterOf(typed), [typed]);
  const column = columns.find((one) => one.id === state.sort.column);
  const list = useMemo(
    () => sorted(typed.trim() === "" ? rows : rows.filter((row) => filter.matches(searchText(row))), column, state.sort.isDown),
    [rows, filter, state.sort, columns],
  );
  useKeptFocus(box);
  const lineOf = useLines(columns, state.visible, rowKey, props.scope ?? "");
  const seen = useWindow(list, rowKey, (key) => open.has(key), box);
  const { aim, arrive } = useAim(box);

  const act = (row) => {
    if (!detail) return props.onRow?.(row);
    if (detail(row) === null) return undefined;
    const next = new Set(open);
    if (!next.delete(rowKey(row))) next.add(rowKey(row));
    setOpen(next);
    return undefined;
  };
  const focusRow = (index) => {
    const at = Math.max(0, Math.min(list.length - 1, index));
    aim.current = at;
    setFocused(rowKey(list[at]));
    if (at < seen.first || at >= seen.end) box.current.scrollTop = seen.topOf(at);
    requestAnimationFrame(arrive);
  };
  const onKeyDown = (event, row, standing) => {
    if (event.target !== event.currentTarget) return;
    // Keys may come faster than frames: each goes on from where the last one leads.
    const index = aim.current ?? standing;
    const moves = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: list.length - 1, PageDown: index + 10, PageUp: index - 10 };
    if (event.key in moves) focusRow(moves[event.key]);
    else if (event.key === "Enter" || event.key === " ") act(list[index] ?? row);
    else return;
    event.preventDefault();
  };
  // Lines outlive the rendering that made them, so what they do is looked up when it happens.
  const acts = useRef(null);
  acts.current = { act, onKeyDown };
  const isActive = Boolean(props.onRow || detail);
  // One row is a stop of the Tab key: the one last focused, as long as it is in the page.
  const isSeen = list.slice(seen.first, seen.end).some((row) => rowKey(row) === focused);
  const stop = isSeen ? focused : list[seen.first] && rowKey(list[seen.first]);

  const line = (row, index) => {
    const key = rowKey(row);
    const isChosen = props.isChosen?.(row);
    const isOpen = detail && detail(row) !== null ? open.has(key) : undefined;
    const isStop = key === stop;
    return lineOf(row, [index, isChosen, isOpen, isStop].join(), (ready) => html`<${Kept} key=${key}><tr
      class=${classes(isActive && "is-active", isChosen && "is-chosen", isOpen && "is-open")}
      aria-rowindex=${index + 2}
      aria-selected=${isChosen === undefined ? undefined : String(isChosen)}
      aria-expanded=${isOpen === undefined ? undefined : String(isOpen)}
      tabindex=${isActive ? (isStop ? 0 : -1) : undefined}
      data-index=${index}
      data-testid=${rowTestId(row)}
      onClick=${(event) => !event.target.closest("button, a") && !getSelection().toString() && acts.current.act(row)}
      onFocus=${() => setFocused(key)}
      onKeyDown=${(event) => acts.current.onKeyDown(event, row, index)}
    >
      ${ready}
    </tr><//>`);
  };
  const opened = (row) => {
    const key = rowKey(row);
    return html`<tr key=${`${key} detail`} class="detail" data-of=${key}>
      <td colspan=${state.visible.length}>${detail(row)}</td>
    </tr>`;
  };
  const space = (height, name) =>
    height > 0 && html`<tr key=${name} class="space" aria-hidden="true"><td colspan=${state.visible.length} style=${{ height: `${height}px` }}></td></tr>`;
  // One flat list with a key each: inside lists of their own the rows would have no keys and be made anew with each step of scrolling.
  const present = [];
  for (let index = seen.first; index < seen.end && index < list.length; index += 1) {
    const row = list[index];
    present.push(line(row, index));
    if (detail && open.has(rowKey(row))) present.push(opened(row));
  }

  // A table that scrolls is rendered with each row that comes: what does not change by that is not made anew.
  const bar = useMemo(
    () => html`<${Kept}><div class="table-bar no-print">
      <label class="unseen" for=${filterId}>${t("charts.filter")}</label>
      <input
        id=${filterId}
        type="search"
        class="table-filter"
        placeholder=${t("charts.filter_hint")}
        value=${typed}
        aria-invalid=${filter.error ? "true" : "false"}
        title=${filter.error ? t("charts.filter_wrong", { reason: filter.error }) : t("charts.filter_title")}
        data-testid=${`filter-${id}`}
        onInput=${(event) => setTyped(event.target.value)}
      />
      <span class="dim table-count" role="status" data-testid=${`count-${id}`}>
        ${filter.error
          ? html`<span class="bad">${t("charts.filter_wrong", { reason: filter.error })}</span>`
          : typed.trim() === ""
            ? t("charts.rows", { n: rows.length, count: whole(rows.length) })
            : t("charts.rows_of", { n: whole(list.length), all: whole(rows.length) })}
      </span>
      <span class="table-tools">
        ${props.tools}
        <${ColumnChooser} id=${id} columns=${columns} visible=${state.visible} onToggle=${state.toggle} onReset=${state.reset} />
        <${CopyButton} id=${id} columns=${state.visible} rows=${total ? [...list, total] : list} />
      </span>
    </div><//>`,
    [rows.length, list, typed, filter, state.visible, total, props.tools],
  );
  const head = useMemo(() => html`<${Head} columns=${state.visible} sort=${state.sort} sortBy=${state.sortBy} />`, [state.visible, state.sort]);
  const foot = useMemo(
    () =>
      total &&
      html`<${Kept}><tfoot>
        <tr data-testid=${rowTestId(total)} aria-rowindex=${list.length + 2}>
          ${cells(state.visible, total)}
        </tr>
      </tfoot><//>`,
    [total, list.length, state.visible],
  );

  return html`<div class="data-table" data-testid=${`table-${id}`}>
    ${bar}
    <div class="table-box" ref=${box} tabindex="-1">
      <table aria-label=${props.label} aria-rowcount=${list.length + (total ? 2 : 1)}>
        ${head}
        <tbody>
          ${space(seen.above, "above")}${present}${space(seen.below, "below")}
          ${list.length === 0 &&
          html`<tr class="none">
            <td colspan=${state.visible.length} data-testid=${`empty-${id}`}>${rows.length === 0 ? props.empty : t("charts.none_match")}</td>
          </tr>`}
        </tbody>
        ${foot}
      </table>
    </div>
  </div>`;
}
