// A run is on while the start form is open: somebody else started it, or it is our own. What was typed stays.

import { html, useState } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { CLEAN, navigate } from "acrida/lib/route.js";
import { useSlice } from "acrida/lib/store.js";
import { isBusy, isOn } from "acrida/run/control.js";
import { draft } from "acrida/run/draft.js";
import { EditDialog } from "acrida/run/edit-dialog.js";

/**
 * @param {{source: import("acrida/data/source.js").Source}} props
 */
export function Elsewhere({ source }) {
  const busy = useSlice(source.state, ({ status }) => isBusy(status));
  const on = useSlice(source.state, ({ status }) => isOn(status) && !status.shape_class);
  const users = useSlice(source.state, ({ status }) => status?.target_users);
  const [isEditing, setEditing] = useState(false);
  if (!busy) return null;
  const { values } = draft.get();
  return html`<div class="note warn start-elsewhere" role="status" data-testid="run-elsewhere">
    <p>${t("core.elsewhere", { users })}</p>
    <span class="note-actions">
      <button type="button" data-testid="elsewhere-show" onClick=${() => navigate(CLEAN)}>${t("core.elsewhere_show")}</button>
      ${on && html`<button type="button" data-testid="elsewhere-edit" onClick=${() => setEditing(true)}>${t("core.elsewhere_edit")}</button>`}
    </span>
    ${isEditing && html`<${EditDialog} source=${source} first=${values} onClose=${() => setEditing(false)} />`}
  </div>`;
}
