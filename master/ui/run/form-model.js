// The start form as data: what is filled in at first, what is remembered, what is sent, what looks wrong. No I/O.

import { span } from "acrida/lib/format.js";

/** Name of no load shape, in the form and towards the master. */
export const NO_SHAPE = "";

const text = (value) => (value === null || value === undefined ? "" : String(value));

/** The value an argument's control shows: a boolean, a list of texts, or a text. Secrets are never filled in. */
function argumentValue(argument) {
  if (argument.is_secret) return "";
  if (isSwitch(argument)) return argument.default === true || argument.default === "true";
  if (argument.is_multiple && argument.choices) return [].concat(argument.default ?? []).map(String);
  return Array.isArray(argument.default) ? argument.default.join(", ") : text(argument.default);
}

/** Whether an argument is on or off. */
export function isSwitch(argument) {
  return argument.is_switch || (argument.type === "bool" && !argument.choices);
}

/**
 * What the master offers, as values of the form.
 * @param {object} form answer of `/api/v1/form`
 */
export function offered(form) {
  const classes = form.user_classes.map((one) => [
    one.name,
    {
      is_on: one.is_selected,
      weight: text(one.weight),
      fixed_count: text(one.fixed_count || ""),
      host: text(one.host),
      tasks: [...one.tasks],
    },
  ]);
  return {
    // One user to see whether the script works, as Locust's page has it.
    users: text(form.users ?? 1),
    spawn_rate: text(form.spawn_rate ?? 1),
    host: text(form.host),
    run_time: form.run_time ? span(form.run_time) : "",
    profile: text(form.profile),
    shape: form.shape_class ?? NO_SHAPE,
    classes: Object.fromEntries(classes),
    options: Object.fromEntries(form.arguments.map((argument) => [argument.name, argumentValue(argument)])),
  };
}

const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Of two objects of the same keys: the remembered value where the offer has not changed since, else the offer. */
function pick(now, values, then) {
  const entries = Object.entries(now).map(([key, value]) => {
    const isKept = values && then && key in values && isSame(then[key], value);
    return [key, isKept ? values[key] : value];
  });
  return Object.fromEntries(entries);
}

/**
 * The values to begin with: those of last time, unless the script or the command line offers something new.
 * @param {object} form @param {{values: object, offered: object}|null} remembered
 */
export function initial(form, remembered) {
  const now = offered(form);
  if (!remembered?.values || !remembered?.offered) return now;
  const { values, offered: then } = remembered;
  return {
    ...pick(now, values, then),
    classes: pick(now.classes, values.classes, then.classes),
    options: pick(now.options, values.options, then.options),
  };
}

/** What may be kept in the browser: all but secrets. */
export function keepable(form, values) {
  const secret = new Set(form.arguments.filter((argument) => argument.is_secret).map((argument) => argument.name));
  const options = Object.fromEntries(Object.entries(values.options).filter(([name]) => !secret.has(name)));
  return { values: { ...values, options }, offered: offered(form) };
}

/** Whether the chosen shape decides by itself about users, spawn rate and run time. */
export function shapeDecides(form, values) {
  if (values.shape === NO_SHAPE) return false;
  // Whether a shape reads these fields is known of the one in force only.
  return values.shape !== form.shape_class || !form.shape_uses_common_options;
}

/** A number where the text is one; else the text, for the master to say what is wrong with it. */
function numeric(value) {
  const trimmed = value.trim();
  if (trimmed === "") return undefined;
  return Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed;
}

function classSettings(offer, values) {
  const settings = {};
  if (values.weight !== offer.weight) settings.weight = numeric(values.weight);
  if (values.fixed_count !== offer.fixed_count) settings.fixed_count = numeric(values.fixed_count) ?? 0;
  if (values.host.trim() !== offer.host) settings.host = values.host.trim();
  if (!isSame(values.tasks, offer.tasks)) settings.tasks = values.tasks;
  return settings;
}

function optionValue(argument, value) {
  if (typeof value === "boolean") return value;
  if (Array.isArray(value)) return value;
  if (argument.is_multiple) return value.split(",").map((item) => item.trim()).filter(Boolean);
  if (argument.type === "int" || argument.type === "float") return numeric(value);
  return value === "" && (argument.is_secret || argument.type !== "str") ? undefined : value;
}

/**
 * The body of `POST /api/v1/start`.
 * @param {object} form @param {object} values
 */
export function startBody(form, values) {
  const offer = offered(form);
  const decides = shapeDecides(form, values);
  const body = {
    users: decides ? undefined : numeric(values.users),
    spawn_rate: decides ? undefined : numeric(values.spawn_rate),
    run_time: decides ? undefined : values.run_time.trim() || undefined,
    // An emptied field means none; what was not touched stays as the master has it.
    host: values.host.trim() || values.host !== offer.host ? values.host.trim() : undefined,
    profile: values.profile.trim() || undefined,
  };
  if (form.shape_classes.length > 0 && (form.class_picker || values.shape !== offer.shape)) body.shape_class = values.shape;
  if (form.class_picker) {
    const chosen = Object.entries(values.classes).filter(([, one]) => one.is_on);
    body.user_classes = chosen.map(([name]) => name);
    const settings = chosen.map(([name, one]) => [name, classSettings(offer.classes[name], one)]);
    const changed = settings.filter(([, one]) => Object.keys(one).length > 0);
    if (changed.length > 0) body.classes = Object.fromEntries(changed);
  }
  const options = form.arguments.map((argument) => [argument.name, optionValue(argument, values.options[argument.name])]);
  const given = options.filter(([, value]) => value !== undefined);
  if (given.length > 0) body.options = Object.fromEntries(given);
  return body;
}

/** The address with a scheme, if that is all it lacks; else null. */
export function hostFix(host) {
  const trimmed = host.trim();
  return trimmed === "" || trimmed.includes("://") ? null : `http://${trimmed.replace(/^\/+/, "")}`;
}

const SPAN = /^\s*(\d+(\.\d+)?|(\d+(\.\d+)?\s*h)?\s*(\d+(\.\d+)?\s*m)?\s*(\d+(\.\d+)?\s*s)?)\s*$/i;

/**
 * What looks wrong before anything is sent: field → key of a text. Hints only; the master's answer counts.
 * @param {object} form @param {object} values
 */
export function hints(form, values) {
  const found = {};
  if (!shapeDecides(form, values)) {
    if (values.users !== "" && !/^\d+$/.test(values.users.trim())) found.users = "core.hint_users";
    const rate = Number(values.spawn_rate);
    if (values.spawn_rate !== "" && !(Number.isFinite(rate) && rate > 0)) found.spawn_rate = "core.hint_spawn_rate";
    if (values.run_time !== "" && !SPAN.test(values.run_time)) found.run_time = "core.hint_run_time";
  }
  if (hostFix(values.host)) found.host = "core.hint_host";
  for (const argument of form.arguments) {
    const value = values.options[argument.name];
    const isNumber = argument.type === "int" || argument.type === "float";
    if (isNumber && typeof value === "string" && value !== "" && !Number.isFinite(Number(value)))
      found[`options.${argument.name}`] = "core.hint_number";
  }
  return found;
}
