// Log lines as entries: a line that begins with a time is one, what follows without belongs to it. No I/O.

const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
const START = /^\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3})\] (?:[^/]*\/)?(DEBUG|INFO|WARNING|ERROR|CRITICAL)\/([^:]*): ?(.*)$/s;

/**
 * @typedef {object} Entry
 * @property {string} source `master` or a worker's id
 * @property {string} time as written, sorts as it is; empty for lines before the first entry
 * @property {string} level
 * @property {string} logger
 * @property {string} text several lines for a traceback
 */

/**
 * @param {string} source @param {string[]} lines
 * @returns {Entry[]}
 */
export function entries(source, lines) {
  const found = [];
  for (const line of lines) {
    const parts = START.exec(line);
    if (parts) found.push({ source, time: parts[1], level: parts[2], logger: parts[3], text: parts[4] });
    else if (found.length > 0) found[found.length - 1].text += `\n${line}`;
    else found.push({ source, time: "", level: "INFO", logger: "", text: line });
  }
  return found;
}

/**
 * All entries in the order of their times; those of one source keep theirs.
 * @param {{master: string[], workers: Record<string, string[]>}} logs
 */
export function allEntries(logs) {
  const lists = [entries("master", logs.master), ...Object.entries(logs.workers).map(([id, lines]) => entries(id, lines))];
  return lists.flat().sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/**
 * @param {Entry[]} all
 * @param {{level: string, source: string, search: string}} wanted `level` is the lowest; empty for any
 */
export function chosen(all, { level, source, search }) {
  const lowest = LEVELS.indexOf(level);
  const text = search.trim().toLowerCase();
  const fits = (entry) =>
    LEVELS.indexOf(entry.level) >= lowest &&
    (source === "" || entry.source === source) &&
    (text === "" || `${entry.logger} ${entry.text}`.toLowerCase().includes(text));
  return all.filter(fits);
}
