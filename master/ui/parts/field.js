// A labelled field with its hint and its error. Errors are tied to the input, so that a screen reader says them.

import { html, useId } from "acrida/lib/ui.js";

/**
 * @param {object} props
 * @param {string} props.label
 * @param {string} props.name also the key of its error
 * @param {string} [props.hint]
 * @param {string} [props.error]
 * @param {boolean} [props.isRequired]
 * @param {*} [props.extra] shown under the input, such as a fix for the error
 * @param {(attributes: object) => *} props.children makes the input from `id`, `aria-describedby`, `aria-invalid`, `data-field`
 */
export function Field({ label, name, hint, error, isRequired = false, extra = null, children }) {
  const id = useId();
  const said = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  const attributes = {
    id,
    "data-field": name,
    "aria-describedby": said || undefined,
    "aria-invalid": error ? "true" : undefined,
    "aria-required": isRequired ? "true" : undefined,
  };
  return html`<div class="field">
    <label for=${id} class="label">${label}${isRequired && html`<span class="bad" aria-hidden="true"> *</span>`}</label>
    ${children(attributes)}
    ${error && html`<p id=${`${id}-error`} class="field-error" data-testid=${`error-${name}`}>${error}</p>`}
    ${extra}
    ${hint && html`<p id=${`${id}-hint`} class="field-hint">${hint}</p>`}
  </div>`;
}
