// Order, filter and text of a table's rows. Pure.

/**
 * @typedef {object} Column
 * @property {string} id
 * @property {string} label
 * @property {string} [title] Longer text for the tip.
 * @property {boolean} [isNumber] Right-aligned; sorts downwards first.
 * @property {boolean} [isHidden] Not shown until chosen.
 * @property {boolean} [isFixed] Always shown; cannot be taken away.
 * @property {(row: object) => *} value For order and for copying; null is a missing figure.
 * @property {(row: object) => *} [cell] What is shown; default: the value.
 * @property {(row: object) => string} [text] For copying; default: the value.
 */

/**
 * A test from what was typed: `/regex/` (with flags) or words that must all occur.
 * @param {string} typed
 * @returns {{matches: (text: string) => boolean, error: string | null}} With an error everything matches.
 */
export function filterOf(typed) {
  const text = typed.trim();
  const form = /^\/(.+)\/([imsu]*)$/.exec(text);
  if (form) {
    try {
      const regex = new RegExp(form[1], form[2].includes("i") ? form[2] : `${form[2]}i`);
      return { matches: (subject) => regex.test(subject), error: null };
    } catch (error) {
      return { matches: () => true, error: error.message };
    }
  }
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return {
    matches: (subject) => {
      const lower = subject.toLowerCase();
      return words.every((word) => lower.includes(word));
    },
    error: null,
  };
}

function compare(a, b) {
  if (typeof a === "string" || typeof b === "string") return String(a).localeCompare(String(b), undefined, { numeric: true });
  return a - b;
}

/**
 * Rows in order. Missing figures come last in both directions; equal ones keep their order.
 * @param {Array<object>} rows
 * @param {Column | undefined} column
 * @param {boolean} isDown
 * @returns {Array<object>}
 */
export function sorted(rows, column, isDown) {
  if (!column) return rows;
  const keyed = rows.map((row, index) => ({ row, index, value: column.value(row) }));
  keyed.sort((a, b) => {
    const missing = Number(a.value === null || a.value === undefined) - Number(b.value === null || b.value === undefined);
    if (missing !== 0) return missing;
    if (a.value === null || a.value === undefined) return a.index - b.index;
    return (isDown ? -1 : 1) * compare(a.value, b.value) || a.index - b.index;
  });
  return keyed.map(({ row }) => row);
}

/**
 * The table as tab-separated values, as spreadsheets take them.
 * @param {Array<Column>} columns
 * @param {Array<object>} rows
 * @returns {string}
 */
export function tsv(columns, rows) {
  const clean = (value) => String(value ?? "").replaceAll(/[\t\r\n]+/g, " ");
  const lines = [columns.map((column) => clean(column.label))];
  for (const row of rows) lines.push(columns.map((column) => clean((column.text ?? column.value)(row))));
  return lines.map((line) => line.join("\t")).join("\n");
}

/**
 * Which rows of a long table are on the screen.
 * @param {number} count Rows.
 * @param {(index: number) => number} extra Height beneath a row: an opened detail, else 0.
 * @param {number} rowHeight
 * @param {number} scrollTop
 * @param {number} height Of the window onto the rows.
 * @param {number} margin Rows kept beyond each edge.
 * @returns {{first: number, end: number, above: number, below: number}} Heights of what is left out, in pixels.
 */
export function visibleRows(count, extra, rowHeight, scrollTop, height, margin) {
  let top = 0;
  let first = 0;
  while (first < count && top + rowHeight + extra(first) < scrollTop - margin * rowHeight) {
    top += rowHeight + extra(first);
    first += 1;
  }
  const above = top;
  let end = first;
  while (end < count && top < scrollTop + height + margin * rowHeight) {
    top += rowHeight + extra(end);
    end += 1;
  }
  let below = 0;
  for (let index = end; index < count; index += 1) below += rowHeight + extra(index);
  return { first, end, above, below };
}
