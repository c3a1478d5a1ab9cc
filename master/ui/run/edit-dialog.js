// Changing the users and the spawn rate of the run that is on. Two people may do so at once: the later one is told.

import { html, useEffect, useRef, useState } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { number, whole } from "acrida/lib/format.js";
import { Dialog } from "acrida/parts/dialog.js";
import { Field } from "acrida/parts/field.js";
import { edit } from "acrida/run/control.js";
import { reasonOf } from "acrida/run/form-errors.js";

const asNumber = (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text.trim());

function Conflict({ present, onTake, onOverwrite }) {
  return html`<div class="note warn" role="alert" data-testid="edit-conflict">
    <div><p>${t("core.edit_conflict", { users: whole(present.users), rate: number(present.spawn_rate, present.spawn_rate % 1 ? 1 : 0) })}</p>
      <span class="note-actions">
        <button type="button" data-testid="edit-take" onClick=${onTake}>${t("core.edit_take")}</button>
        <button type="button" data-testid="edit-overwrite" onClick=${onOverwrite}>${t("core.edit_overwrite")}</button>
      </span></div>
  </div>`;
}

/**
 * @param {{source: import("acrida/data/source.js").Source, onClose: () => void, first?: {users: string, spawn_rate: string}}} props
 *   `first`: what to begin with instead of the present values
 */
export function EditDialog({ source, onClose, first }) {
  const [status] = useState(() => source.state.get().status);
  const [values, setValues] = useState({
    users: first?.users || String(status.target_users),
    spawn_rate: first?.spawn_rate || String(status.spawn_rate),
  });
  const [version, setVersion] = useState(status.plan_version);
  const [error, setError] = useState(null);
  const [isSending, setSending] = useState(false);
  const users = useRef(null);
  useEffect(() => users.current?.select(), []);

  const save = async (if_plan_version) => {
    setSending(true);
    setError(null);
    try {
      await edit(source, { users: asNumber(values.users), spawn_rate: asNumber(values.spawn_rate), if_plan_version });
      onClose();
    } catch (problem) {
      setError(problem);
    } finally {
      setSending(false);
    }
  };
  const onSubmit = (event) => {
    event.preventDefault();
    save(version);
  };
  const take = () => {
    const { present } = error;
    setValues({ users: String(present.users), spawn_rate: String(present.spawn_rate) });
    setVersion(present.plan_version);
    setError(null);
  };
  const field = (name, mode, ref) => html`<${Field} label=${t(`core.field_${name}`)} name=${name} hint=${t(`core.help_${name}`)} error=${error?.fields?.[name]} isRequired>
    ${(attributes) => html`<input ...${attributes} ref=${ref} type="text" inputmode=${mode} autocomplete="off" value=${values[name]} data-testid=${`edit-${name.replace("_", "-")}`}
      onInput=${(event) => setValues({ ...values, [name]: event.target.value })} />`}
  </>`;
  const isPlainError = error && !error.present && Object.keys(error.fields ?? {}).length === 0;
  return html`<${Dialog} title=${t("core.edit_title")} onClose=${onClose} testid="edit-dialog">
    <form onSubmit=${onSubmit} noValidate>
      ${error?.present && html`<${Conflict} present=${error.present} onTake=${take} onOverwrite=${() => save(error.present.plan_version)} />`}
      ${isPlainError && html`<p class="note bad" role="alert" data-testid="edit-error">${reasonOf(error)}</p>`}
      <div class="fields">${field("users", "numeric", users)}${field("spawn_rate", "decimal")}</div>
      <div class="dialog-actions">
        <button type="button" data-testid="edit-cancel" onClick=${onClose}>${t("core.cancel")}</button>
        <button type="submit" class="primary" disabled=${isSending} data-testid="edit-submit">${t("core.edit_save")}</button>
      </div>
    </form>
  </>`;
}
