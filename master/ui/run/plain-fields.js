// The start form's usual fields.

import { html, useId } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { Field } from "acrida/parts/field.js";
import { NO_SHAPE, hostFix, shapeDecides } from "acrida/run/form-model.js";

/** Fields that a shape decides about. */
const SHAPED = ["users", "spawn_rate", "run_time"];

/**
 * @typedef {{form: object, values: object, errors: Record<string, string>, onType: (path: string, value: *) => void, path: string}} FieldProps
 */

/** @param {FieldProps & {mode?: string, placeholder?: string, isRequired?: boolean}} props */
export function TextField({ form, values, errors, onType, path, mode, placeholder, isRequired = false }) {
  const isDecided = SHAPED.includes(path) && shapeDecides(form, values);
  const hint = isDecided ? t("core.shape_decides") : t(`core.help_${path}`);
  return html`<${Field} label=${t(`core.field_${path}`)} name=${path} error=${isDecided ? null : errors[path]} hint=${hint} isRequired=${isRequired && !isDecided}>
    ${(attributes) => html`<input ...${attributes} type="text" inputmode=${mode} autocomplete="off" placeholder=${placeholder}
      value=${isDecided ? "" : values[path]} disabled=${isDecided} data-testid=${`start-${path.replace("_", "-")}`}
      onInput=${(event) => onType(path, event.target.value)} />`}
  </>`;
}

/** @param {FieldProps} props */
export function HostField({ form, values, errors, onType, path }) {
  const fix = hostFix(values.host);
  const mend = fix && errors[path] && html`<button type="button" class="link" data-testid="host-fix" onClick=${() => onType(path, fix)}>${t("core.host_fix", { host: fix })}</button>`;
  const hint = form.host ? t("core.help_host") : t("core.help_host_classes");
  return html`<${Field} label=${t("core.field_host")} name=${path} error=${errors[path]} hint=${hint} extra=${mend}>
    ${(attributes) => html`<input ...${attributes} type="text" inputmode="url" autocomplete="off" spellcheck=${false} placeholder="http://"
      value=${values.host} data-testid="start-host" onInput=${(event) => onType(path, event.target.value)} />`}
  </>`;
}

/** @param {FieldProps & {earlier: string[]}} props */
export function ProfileField({ values, errors, onType, path, earlier }) {
  const list = useId();
  return html`<${Field} label=${t("core.field_profile")} name=${path} error=${errors[path]} hint=${t("core.help_profile")}>
    ${(attributes) => html`<input ...${attributes} type="text" autocomplete="off" list=${list} value=${values.profile} data-testid="start-profile"
        onInput=${(event) => onType(path, event.target.value)} />
      <datalist id=${list}>${earlier.map((name) => html`<option key=${name} value=${name} />`)}</datalist>`}
  </>`;
}

/** Which load shape drives the run, if the script has any. @param {Omit<FieldProps, "path">} props */
export function ShapeField({ form, values, errors, onType }) {
  if (form.shape_classes.length === 0) return null;
  const isFree = form.class_picker || form.shape_class === null;
  const option = (name) => html`<option key=${name} value=${name} selected=${values.shape === name}>${name}</option>`;
  return html`<div class="start-shape"><${Field} label=${t("core.field_shape_class")} name="shape_class" error=${errors.shape_class}
      hint=${values.shape === NO_SHAPE ? t("core.help_no_shape") : t("core.help_shape")}>
    ${(attributes) => html`<select ...${attributes} data-testid="start-shape" disabled=${!isFree && form.shape_classes.length < 2}
      onChange=${(event) => onType("shape", event.target.value)}>
      <option value=${NO_SHAPE} selected=${values.shape === NO_SHAPE}>${t("core.no_shape")}</option>${form.shape_classes.map(option)}
    </select>`}
  </></div>`;
}
