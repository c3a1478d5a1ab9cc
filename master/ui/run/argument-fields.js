// The arguments a script declares, each by its type.

import { html } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { Field } from "acrida/parts/field.js";
import { isSwitch } from "acrida/run/form-model.js";

function Switch({ argument, attributes, value, onChange, testid }) {
  return html`<label class="check"><input ...${attributes} type="checkbox" checked=${value === true} data-testid=${testid}
    onChange=${(event) => onChange(event.target.checked)} /><span class="mono">${argument.flag}</span></label>`;
}

function Choice({ argument, attributes, value, onChange, testid }) {
  const choices = argument.choices.map(String);
  if (argument.is_multiple) {
    const toggle = (choice) => (event) =>
      onChange(choices.filter((one) => (one === choice ? event.target.checked : value.includes(one))));
    return html`<div role="group" class="checks" ...${attributes} tabindex="-1" data-testid=${testid}>${choices.map(
      (choice) => html`<label key=${choice} class="check"><input type="checkbox" checked=${value.includes(choice)}
        data-testid=${`${testid}-${choice}`} onChange=${toggle(choice)} />${choice}</label>`,
    )}</div>`;
  }
  const isKnown = choices.includes(value);
  return html`<select ...${attributes} data-testid=${testid} onChange=${(event) => onChange(event.target.value)}>
    ${!isKnown && html`<option value=${value} selected>${value || t("core.not_chosen")}</option>`}
    ${choices.map((choice) => html`<option key=${choice} value=${choice} selected=${choice === value}>${choice}</option>`)}</select>`;
}

function Plain({ argument, attributes, value, onChange, testid }) {
  const mode = { int: "numeric", float: "decimal" }[argument.type];
  return html`<input ...${attributes} type=${argument.is_secret ? "password" : "text"} inputmode=${mode} spellcheck=${false}
    autocomplete=${argument.is_secret ? "new-password" : "off"} value=${value} data-testid=${testid}
    onInput=${(event) => onChange(event.target.value)} />`;
}

function hintOf(argument) {
  const parts = [argument.help];
  if (argument.is_secret) parts.push(t("core.argument_secret"));
  else if (argument.is_multiple && !argument.choices) parts.push(t("core.argument_list"));
  const kind = { int: t("core.argument_int"), float: t("core.argument_float") }[argument.type];
  if (kind && !argument.choices) parts.push(kind);
  return parts.filter(Boolean).join(" · ");
}

function Argument({ argument, value, error, onType }) {
  const path = `options.${argument.name}`;
  const Control = isSwitch(argument) ? Switch : argument.choices ? Choice : Plain;
  return html`<${Field} label=${argument.name} name=${path} error=${error} hint=${hintOf(argument)} isRequired=${argument.is_required}>
    ${(attributes) => html`<${Control} argument=${argument} attributes=${attributes} value=${value}
      onChange=${(next) => onType(path, next)} testid=${`option-${argument.name}`} />`}
  </>`;
}

/**
 * @param {{form: object, values: object, errors: Record<string, string>, onType: (path: string, value: *) => void}} props
 */
export function ArgumentFields({ form, values, errors, onType }) {
  if (form.arguments.length === 0) return null;
  return html`<fieldset class="start-arguments"><legend>${t("core.arguments")}</legend>
    <div class="fields">${form.arguments.map(
      (argument) => html`<${Argument} key=${argument.name} argument=${argument} value=${values.options[argument.name]}
        error=${errors[`options.${argument.name}`]} onType=${onType} />`,
    )}</div></fieldset>`;
}
