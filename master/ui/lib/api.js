// Requests to the master. An answer that is an error becomes an `ApiError` with the master's own words.

const meta = document.querySelector('meta[name="acrida-base"]');

/** Prefix of every path, such as `/load`; empty for none. */
export const BASE = (meta?.content ?? "").replace(/\/$/, "");

/** What the master (or the way to it) answered instead of what was asked. */
export class ApiError extends Error {
  /**
   * @param {number} status HTTP status; 0 if the master cannot be reached
   * @param {{code?: string, message?: string, field?: string|null, fields?: Record<string,string>, present?: object}} error
   */
  constructor(status, error) {
    super(error.message ?? `HTTP ${status}`);
    this.status = status;
    this.code = error.code ?? "unknown";
    this.field = error.field ?? null;
    this.fields = { ...error.fields };
    if (this.field && !(this.field in this.fields)) this.fields[this.field] = this.message;
    this.present = error.present ?? null;
  }
}

/**
 * @param {string} path below the base path, e.g. `/api/v1/status`
 * @param {Record<string, string|number|null|undefined>} [query] what is null is left out
 */
export function url(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(given).toString();
  return BASE + path + (text ? `?${text}` : "");
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { code: "unreachable", message: "" });
  }
  const text = await response.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    // An answer in plain words, e.g. of a proxy: kept as the message.
  }
  if (!response.ok) {
    const error = value?.error ?? { message: text.slice(0, 300) };
    throw new ApiError(response.status, { present: value?.present, ...error });
  }
  return value;
}

/**
 * @param {string} path @param {object} [query] @param {AbortSignal} [signal]
 * @returns {Promise<*>} the JSON
 * @throws {ApiError}
 */
export function get(path, query, signal) {
  return ask(url(path, query), { signal });
}

/**
 * @param {"POST"|"PATCH"|"DELETE"} method @param {string} path @param {object} [body]
 * @returns {Promise<*>} the JSON, null if there is none
 * @throws {ApiError}
 */
export function send(method, path, body) {
  return ask(url(path), {
    method,
    headers: { "Content-Type": "application/json" },
    body: method === "DELETE" ? undefined : JSON.stringify(body ?? {}),
  });
}
