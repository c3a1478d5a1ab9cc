// The rows of a table that are in the page: which ones, made when, and where the focus is among them.

import { classes, html, useEffect, useLayoutEffect, useRef, useState } from "acrida/lib/ui.js";
import { MISSING } from "acrida/lib/format.js";
import { usePrinting } from "acrida/lib/printing.js";
import { visibleRows } from "acrida/tables/table-rows.js";

/** Rows up to which all are in the page, so that the browser's own search finds them. */
const ALL_IN_PAGE = 100;
const ROW_HEIGHT = 29;
const MARGIN_ROWS = 3;
/** Rows that get new figures in one frame; those of the others follow in the next ones, so that no frame is long. */
const FRESH_ROWS = 5;

/** A row's cells. */
export function cells(columns, row) {
  return columns.map((column) => {
    const value = column.value(row);
    const shown = column.cell ? column.cell(row) : (value ?? MISSING);
    return html`<td
      key=${column.id}
      role=${column.isFixed ? "rowheader" : undefined}
      data-col=${column.id}
      data-value=${typeof value === "number" ? value : undefined}
      class=${classes(column.isNumber && "number", column.isFixed && "is-fixed", column.className?.(row))}
      title=${column.tip?.(row)}
    >
      ${shown}
    </td>`;
  });
}

/** Holds what it is given: a component, since only components that get the same object again are passed over by the renderer. */
export function Kept({ children }) {
  return children;
}

/**
 * Lines of rows, kept as long as the row is in the page, is the same object and stands in the same state; `make` wraps them in `Kept`.
 * Of rows that have changed only some get their new cells at each rendering; the next frame goes on with the rest.
 */
export function useLines(columns, visible, rowKey, scope) {
  const held = useRef({ columns: null, signature: "", lines: new Map() });
  const [, again] = useState(0);
  const signature = `${scope} ${visible.map((column) => column.id).join()}`;
  const isSame = held.current.columns === columns && held.current.signature === signature;
  const kept = isSame ? held.current.lines : new Map();
  const present = new Map();
  held.current = { columns, signature, lines: present };
  let left = FRESH_ROWS;
  let isBehind = false;
  useEffect(() => {
    if (!isBehind) return undefined;
    const frame = requestAnimationFrame(() => again((n) => n + 1));
    return () => cancelAnimationFrame(frame);
  });
  const cellsOf = (row, known) => {
    if (known?.row === row) return known;
    // A row that comes into sight cannot wait.
    if (known && left <= 0) {
      isBehind = true;
      return known;
    }
    left -= 1;
    return { row, cells: cells(visible, row) };
  };
  return (row, state, make) => {
    const key = rowKey(row);
    const known = kept.get(key);
    const ready = cellsOf(row, known);
    const isKept = ready === known && known.state === state;
    const next = isKept ? known : { ...ready, state, line: make(ready.cells) };
    present.set(key, next);
    return next.line;
  };
}

/** Rows on the screen; follows scrolling and size, and measures opened details. On paper nobody scrolls: all rows are there. */
export function useWindow(rows, rowKey, isOpen, box) {
  const [at, setAt] = useState({ top: 0, height: 600 });
  const details = useRef(new Map());
  const [isPrinted, setPrinted] = useState(false);
  usePrinting(
    () => setPrinted(true),
    () => setPrinted(false),
  );
  const isLong = rows.length > ALL_IN_PAGE && !isPrinted;
  useEffect(() => {
    const element = box.current;
    // Only whole rows count, so most steps of a slow scroll change nothing. The event comes once a frame, before anything is drawn.
    const look = () => {
      const next = { top: element.scrollTop - (element.scrollTop % ROW_HEIGHT), height: element.clientHeight };
      setAt((now) => (now.top === next.top && now.height === next.height ? now : next));
    };
    look();
    element.addEventListener("scroll", look, { passive: true });
    const resized = new ResizeObserver(look);
    resized.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      resized.disconnect();
    };
  }, []);
  useLayoutEffect(() => {
    for (const detail of box.current.querySelectorAll("tr.detail")) details.current.set(detail.dataset.of, detail.offsetHeight);
  });
  const extra = (index) => {
    const key = rowKey(rows[index]);
    return isOpen(key) ? (details.current.get(String(key)) ?? 160) : 0;
  };
  const topOf = (index) => {
    let top = 0;
    for (let above = 0; above < index; above += 1) top += ROW_HEIGHT + extra(above);
    return top;
  };
  const seen = isLong
    ? visibleRows(rows.length, extra, ROW_HEIGHT, at.top, at.height, MARGIN_ROWS)
    : { first: 0, end: rows.length, above: 0, below: 0 };
  return { ...seen, topOf };
}

/** The focus on its way to a row, which may have to come into the page first. */
export function useAim(box) {
  const aim = useRef(null);
  const arrive = () => {
    const row = aim.current !== null && box.current?.querySelector(`tr[data-index="${aim.current}"]`);
    if (!row) return;
    aim.current = null;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  useLayoutEffect(arrive);
  return { aim, arrive };
}

/** Keeps the focus where it is: a row that the new order moves in the page would lose it. */
export function useKeptFocus(box) {
  const before = box.current?.contains(document.activeElement) ? document.activeElement : null;
  useLayoutEffect(() => {
    if (!before || before === box.current || document.activeElement === before) return;
    const target = before.isConnected ? before : box.current.querySelector('tr[tabindex="0"]');
    target?.focus({ preventScroll: true });
  });
}
