// A button that opens a small panel under itself; ends by Escape, and by a click or the focus going elsewhere.

import { html, useEffect, useId, useRef, useState } from "acrida/lib/ui.js";

/**
 * @param {{label: string, button: *, testid: string, children: *}} props `label` names the panel, `button` is what the
 *   button shows
 */
export function Popover({ label, button, testid, children }) {
  const [isOpen, setOpen] = useState(false);
  const box = useRef(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) return undefined;
    const away = (event) => !box.current.contains(event.target) && setOpen(false);
    addEventListener("pointerdown", away);
    addEventListener("focusin", away);
    return () => {
      removeEventListener("pointerdown", away);
      removeEventListener("focusin", away);
    };
  }, [isOpen]);
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || !isOpen) return;
    setOpen(false);
    box.current.querySelector("button").focus();
  };
  return html`<span class="popover" ref=${box} onKeyDown=${onKeyDown}>
    <button type="button" class="popover-button" aria-expanded=${isOpen ? "true" : "false"} aria-controls=${id} data-testid=${testid}
      onClick=${() => setOpen(!isOpen)}>${button}</button>
    <div id=${id} class="popover-panel panel" role="group" aria-label=${label} hidden=${!isOpen}>${isOpen && children}</div>
  </span>`;
}
