// A finding as a sentence in the page's language, made from its figures; the master's English where there is none.

import { hasText, t } from "acrida/lib/i18n.js";
import { clock, msUnit, number, percent, rate, whole } from "acrida/lib/format.js";

/** How a figure is written, by its name. */
const WRITTEN = {
  ratio: percent,
  rate,
  percent: (value) => number(value, 0),
  max_percent: (value) => number(value, 0),
  mean_percent: (value) => number(value, 0),
  percentile: (value) => `p${Number((value * 100).toFixed(4))}`,
};

function written(name, value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (WRITTEN[name]) return WRITTEN[name](value);
  return name.endsWith("_ms") ? msUnit(value) : whole(value);
}

/** Words by which a sentence differs beyond its figures. */
function variant(finding) {
  const { params } = finding;
  if (finding.kind === "worker_lost") return params.back_after_s === null ? "_gone" : "_back";
  if (finding.kind === "failures_distort") return params.failed_ms < params.ok_ms ? "_faster" : "_slower";
  return "";
}

/** Sentences that belong behind another: the most frequent error. */
function addition(finding, params) {
  if (!finding.kind.startsWith("errors_") || !finding.params.error) return "";
  const fault = finding.params.fault;
  return ` ${t("report.finding_error", { ...params, fault: fault ? t(`report.fault_${fault}`) : t("report.fault_unknown") })}`;
}

/**
 * @param {{kind: string, at_s: number|null, to_s: number|null, params: object, text: string}} finding
 * @returns {string}
 */
export function findingText(finding) {
  const key = `report.finding_${finding.kind}${variant(finding)}`;
  if (!hasText(key)) return finding.text;
  const params = { at: clock(finding.at_s), to: clock(finding.to_s) };
  for (const [name, value] of Object.entries(finding.params ?? {})) params[name] = written(name, value);
  return t(key, params) + addition(finding, params);
}
