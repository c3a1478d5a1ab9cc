// What happened during a run, as marks on the time axis: their signs, colours and texts. Pure, but for the language.

import { clock, number, whole } from "acrida/lib/format.js";
import { hasText, t } from "acrida/lib/i18n.js";
import { findingText } from "acrida/diagnosis/finding-text.js";

const KINDS = {
  start: { sign: "▶", colour: "--good" },
  edit: { sign: "✎", colour: "--accent" },
  spawning_complete: { sign: "⇈", colour: "--text-dim" },
  worker_joined: { sign: "+", colour: "--good" },
  worker_returned: { sign: "+", colour: "--good" },
  worker_lost: { sign: "✕", colour: "--bad" },
  rebalanced: { sign: "⇄", colour: "--accent" },
  reset: { sign: "↺", colour: "--accent" },
  stop: { sign: "■", colour: "--text-dim" },
  end: { sign: "■", colour: "--text-dim" },
  finding: { sign: "!", colour: "--warn" },
};

/** Sign and colour token of a mark. */
export function markLook(mark) {
  if (mark.kind === "finding" && mark.severity === "bad") return { sign: "!", colour: "--bad" };
  if (mark.kind === "finding" && mark.severity === "info") return { sign: "i", colour: "--accent" };
  return KINDS[mark.kind] ?? { sign: "•", colour: "--text-dim" };
}

/** Name of a kind in the page's language. */
export function markName(kind) {
  const key = `charts.mark.${kind}`;
  return hasText(key) ? t(key) : kind.replaceAll("_", " ");
}

/** Sentence of a mark in the page's language; the master's English one if the fields for ours are missing. */
export function markText(mark) {
  if (mark.kind === "finding") return mark.text;
  const key = `charts.mark_text.${mark.kind}`;
  if (!hasText(key)) return mark.text || markName(mark.kind);
  const data = { ...mark.data };
  if (data.users !== undefined) data.users = whole(data.users);
  if (data.spawn_rate !== undefined) data.spawn_rate = number(data.spawn_rate, Number.isInteger(data.spawn_rate) ? 0 : 2);
  if (data.cause !== undefined && hasText(`charts.cause.${data.cause}`)) data.cause = t(`charts.cause.${data.cause}`);
  const text = t(key, data);
  return /\{\w+\}/.test(text) ? mark.text || markName(mark.kind) : text;
}

/** Time and sentence in one line. */
export function markLine(mark) {
  return `${clock(mark.at_s)} · ${markText(mark)}`;
}

/**
 * The run's marks and the moments of the diagnosis, in order of time.
 * @param {Array<object> | null} marks
 * @param {Array<object> | null} findings
 * @returns {Array<object>}
 */
export function allMarks(marks, findings) {
  const moments = (findings ?? [])
    .filter((finding) => finding.at_s !== null && finding.at_s !== undefined)
    .map((finding) => ({
      at_s: finding.at_s,
      kind: "finding",
      severity: finding.severity,
      text: findingText(finding),
      data: {},
    }));
  return [...(marks ?? []), ...moments].sort((a, b) => a.at_s - b.at_s);
}

/**
 * Marks that would cover each other are shown under one flag.
 * @param {Array<object>} marks In order of time.
 * @param {(at_s: number) => number} toX Position in pixels.
 * @param {number} gap Pixels that a flag needs.
 * @returns {Array<{x: number, marks: Array<object>}>}
 */
export function clusterMarks(marks, toX, gap) {
  const clusters = [];
  for (const mark of marks) {
    const x = toX(mark.at_s);
    const last = clusters[clusters.length - 1];
    if (last && x - last.x < gap) last.marks.push(mark);
    else clusters.push({ x, marks: [mark] });
  }
  return clusters;
}

const WEIGHT = { worker_lost: 3, finding: 2, edit: 1, stop: 1, end: 1, reset: 1 };

/** The mark whose sign stands for a cluster: the gravest. */
export function gravest(marks) {
  return marks.reduce((best, mark) => ((WEIGHT[mark.kind] ?? 0) > (WEIGHT[best.kind] ?? 0) ? mark : best));
}
