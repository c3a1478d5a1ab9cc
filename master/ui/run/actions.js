// What one may do with the live run: edit, stop, reset, a new one.

import { html, useState } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { navigate } from "acrida/lib/route.js";
import { useData, useSource } from "acrida/data/source.js";
import { Confirm } from "acrida/parts/dialog.js";
import { isOn, reset, stop } from "acrida/run/control.js";
import { EditDialog } from "acrida/run/edit-dialog.js";
import { reasonOf } from "acrida/run/form-errors.js";

/** The buttons at the end of the strip. */
export function Actions() {
  const source = useSource();
  const status = useData((state) => state.status);
  const isOpen = useData((state) => state.connection.is_open);
  const [dialog, setDialog] = useState(null);
  const [error, setError] = useState(null);
  const close = () => setDialog(null);
  const act = async (action) => {
    setError(null);
    close();
    try {
      await action(source);
    } catch (problem) {
      setError(problem);
    }
  };
  const on = isOn(status);
  const isStopping = status.state === "stopping";
  const isShaped = Boolean(status.shape_class);
  return html`<div class="strip-actions no-print">
    ${on && html`<button type="button" data-testid="edit-open" disabled=${isShaped || !isOpen} title=${isShaped ? t("core.edit_shaped") : null} onClick=${() => setDialog("edit")}>${t("core.edit")}</button>`}
    ${(on || isStopping) && html`<button type="button" class="danger" data-testid="stop" disabled=${isStopping || !isOpen} onClick=${() => act(stop)}>${isStopping ? t("core.stopping") : t("core.stop")}</button>`}
    ${on && html`<button type="button" data-testid="reset" disabled=${!isOpen} onClick=${() => setDialog("reset")}>${t("core.reset")}</button>`}
    ${!on && !isStopping && !status.headless && html`<button type="button" class="primary" data-testid="new-run" onClick=${() => navigate({ view: "start", tab: null })}>${t("core.new_run")}</button>`}
    ${error && html`<p class="note bad" role="alert" data-testid="action-error">${reasonOf(error)}</p>`}
    ${dialog === "edit" && html`<${EditDialog} source=${source} onClose=${close} />`}
    ${dialog === "reset" && html`<${Confirm} title=${t("core.reset_title")} text=${t("core.reset_text")} action=${t("core.reset")} testid="reset-dialog" onYes=${() => act(reset)} onClose=${close} />`}
  </div>`;
}
