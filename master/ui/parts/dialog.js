// A modal dialog by the browser's own element: it keeps the focus inside and ends by Escape.

import { html, useEffect, useId, useRef } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";

/**
 * @param {{title: string, onClose: () => void, testid: string, children: *}} props
 */
export function Dialog({ title, onClose, testid, children }) {
  const box = useRef(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    return () => before?.focus?.();
  }, []);
  const onCancel = (event) => {
    event.preventDefault();
    onClose();
  };
  const onClick = (event) => event.target === box.current && onClose();
  return html`<dialog ref=${box} class="dialog" aria-labelledby=${id} data-testid=${testid} onCancel=${onCancel} onMouseDown=${onClick}>
    <div class="dialog-body">
      <div class="dialog-head"><h2 id=${id}>${title}</h2>
        <button type="button" class="plain" aria-label=${t("core.close")} data-testid=${`${testid}-close`} onClick=${onClose}>✕</button></div>
      ${children}
    </div>
  </dialog>`;
}

/**
 * A question before something that cannot be taken back.
 * @param {{title: string, text: string, action: string, onYes: () => Promise<void>|void, onClose: () => void, testid: string}} props
 */
export function Confirm({ title, text, action, onYes, onClose, testid }) {
  return html`<${Dialog} title=${title} onClose=${onClose} testid=${testid}>
    <p>${text}</p>
    <div class="dialog-actions">
      <button type="button" data-testid=${`${testid}-no`} onClick=${onClose}>${t("core.cancel")}</button>
      <button type="button" class="danger" data-testid=${`${testid}-yes`} onClick=${onYes}>${action}</button>
    </div>
  </>`;
}
