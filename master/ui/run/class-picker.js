// Which User classes run, and with which weight, fixed count, host and tasks.

import { html } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";

function Cell({ path, label, value, errors, onType, isOff, mode, testid }) {
  const error = errors[path];
  return html`<td data-label=${label}>
    <input type="text" inputmode=${mode} autocomplete="off" aria-label=${label} data-field=${path} data-testid=${testid} value=${value} disabled=${isOff}
      aria-invalid=${error ? "true" : null} title=${error} onInput=${(event) => onType(path, event.target.value)} />
    ${error && html`<p class="field-error" data-testid=${`error-${path}`}>${error}</p>`}</td>`;
}

function Tasks({ name, all, chosen, onType, errors, isOff }) {
  const path = `classes.${name}.tasks`;
  const toggle = (task) => (event) =>
    onType(path, all.filter((one) => (one === task ? event.target.checked : chosen.includes(one))));
  return html`<details class="tasks"><summary data-field=${path} data-testid=${`class-${name}-tasks`}>${t("core.tasks_of", { n: chosen.length, all: all.length })}</summary>
    ${all.map((task) => html`<label key=${task} class="check"><input type="checkbox" checked=${chosen.includes(task)} disabled=${isOff}
      data-testid=${`class-${name}-task-${task}`} onChange=${toggle(task)} /><span class="mono">${task}</span></label>`)}
    ${errors[path] && html`<p class="field-error">${errors[path]}</p>`}</details>`;
}

function Row({ offer, values, errors, onType }) {
  const { name } = offer;
  const isOff = !values.is_on;
  const cell = { errors, onType, isOff };
  const path = (key) => `classes.${name}.${key}`;
  return html`<tr class=${isOff ? "off" : ""}>
    <th scope="row"><label class="check"><input type="checkbox" checked=${values.is_on} data-field=${path("is_on")} data-testid=${`class-${name}`}
      onChange=${(event) => onType(path("is_on"), event.target.checked)} /><span class="mono">${name}</span></label></th>
    <${Cell} ...${cell} path=${path("weight")} label=${t("core.class_weight")} value=${values.weight} mode="decimal" testid=${`class-${name}-weight`} />
    <${Cell} ...${cell} path=${path("fixed_count")} label=${t("core.class_fixed")} value=${values.fixed_count} mode="numeric" testid=${`class-${name}-fixed`} />
    <${Cell} ...${cell} path=${path("host")} label=${t("core.class_host")} value=${values.host} mode="url" testid=${`class-${name}-host`} />
    <td data-label=${t("core.class_tasks")}><${Tasks} name=${name} all=${offer.tasks} chosen=${values.tasks} onType=${onType} errors=${errors} isOff=${isOff} /></td>
  </tr>`;
}

/**
 * @param {{form: object, values: object, errors: Record<string, string>, onType: (path: string, value: *) => void}} props
 */
export function ClassPicker({ form, values, errors, onType }) {
  if (!form.class_picker || form.user_classes.length === 0) return null;
  const columns = ["class_name", "class_weight", "class_fixed", "class_host", "class_tasks"];
  return html`<fieldset class="start-classes">
    <legend data-field="user_classes" tabindex="-1">${t("core.classes")}</legend>
    ${errors.user_classes && html`<p class="field-error" data-testid="error-user_classes">${errors.user_classes}</p>`}
    <div class="scroll"><table class="cards">
      <thead><tr>${columns.map((name) => html`<th key=${name} scope="col">${t(`core.${name}`)}</th>`)}</tr></thead>
      <tbody>${form.user_classes.map((offer) => html`<${Row} key=${offer.name} offer=${offer} values=${values.classes[offer.name]} errors=${errors} onType=${onType} />`)}</tbody>
    </table></div>
    <p class="field-hint">${t("core.classes_hint")}</p>
  </fieldset>`;
}
