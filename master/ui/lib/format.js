// Figures as texts, by the language's rules. A missing figure is an en dash.

import { language } from "acrida/lib/i18n.js";

/** Shown for null and for what is no number. */
export const MISSING = "–";

const formats = new Map();

function format(options) {
  const key = language() + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(language(), options));
  return formats.get(key);
}

const isMissing = (value) => value === null || value === undefined || !Number.isFinite(value);

/** Whole number with separators. */
export function whole(value) {
  return isMissing(value) ? MISSING : format({ maximumFractionDigits: 0 }).format(value);
}

/**
 * @param {number|null} value
 * @param {number} [digits] digits after the point, exactly
 */
export function number(value, digits = 1) {
  return isMissing(value)
    ? MISSING
    : format({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** A rate (per second) with as many digits as say something: 0.25, 12.3, 1,234. */
export function rate(value) {
  if (isMissing(value)) return MISSING;
  const size = Math.abs(value);
  return number(value, size === 0 || size >= 1000 ? 0 : size < 1 ? 2 : 1);
}

/** Milliseconds without the unit: 0.42, 3.1, 128. */
export function ms(value) {
  if (isMissing(value)) return MISSING;
  const size = Math.abs(value);
  return number(value, size === 0 || size >= 100 ? 0 : size < 1 ? 2 : 1);
}

/** Milliseconds with the unit; seconds from 10,000 on. */
export function msUnit(value) {
  if (isMissing(value)) return MISSING;
  return Math.abs(value) >= 10000 ? `${number(value / 1000, 1)} s` : `${ms(value)} ms`;
}

/** A fraction as per cent: 0.00 %, 0.3 %, 12 %. */
export function percent(ratio) {
  if (isMissing(ratio)) return MISSING;
  const size = Math.abs(ratio * 100);
  const digits = size === 0 || size >= 10 ? 0 : size < 0.1 ? 2 : 1;
  return format({ style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(ratio);
}

/** Bytes in powers of 1024. */
export function bytes(value) {
  if (isMissing(value)) return MISSING;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let power = 0;
  let left = value;
  while (Math.abs(left) >= 1024 && power < units.length - 1) {
    left /= 1024;
    power += 1;
  }
  return `${number(left, power === 0 || left >= 100 ? 0 : 1)} ${units[power]}`;
}

/** A span in seconds as a clock: 0:07, 12:05, 1:02:03. */
export function clock(seconds) {
  if (isMissing(seconds)) return MISSING;
  const all = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor(all / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
}

/** A span in seconds as it is typed: 90s, 1h5m. */
export function span(seconds) {
  if (isMissing(seconds)) return MISSING;
  if (seconds < 60 || !Number.isInteger(seconds)) return `${seconds}s`;
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${hours ? `${hours}h` : ""}${minutes ? `${minutes}m` : ""}${rest ? `${rest}s` : ""}`;
}

/** Unix seconds as the time of day. */
export function timeOfDay(unix_s) {
  return isMissing(unix_s) ? MISSING : new Date(unix_s * 1000).toLocaleTimeString(language());
}

/** Unix seconds as date and time. */
export function dateTime(unix_s) {
  return isMissing(unix_s)
    ? MISSING
    : new Date(unix_s * 1000).toLocaleString(language(), { dateStyle: "medium", timeStyle: "medium" });
}
