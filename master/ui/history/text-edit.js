// A text that becomes a field when it is pressed: Enter keeps it, Escape drops it, leaving the field keeps it, too. What was typed
// stays in the field with the master's word if it was not taken.

import { html, useEffect, useId, useRef, useState } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";

/**
 * @param {object} props
 * @param {string} props.value
 * @param {string} props.label What it is, for screen readers: "Notes of …".
 * @param {string} props.hint Shown while there is nothing.
 * @param {*} [props.shown] In place of the value.
 * @param {boolean} [props.isLong] Several lines; Enter makes one, Ctrl+Enter keeps.
 * @param {number} props.most Characters.
 * @param {string} props.testid
 * @param {(text: string) => Promise<void>} props.onKeep
 */
export function TextEdit({ value, label, hint, shown, isLong, most, testid, onKeep }) {
  const [draft, setDraft] = useState(null);
  const [wrong, setWrong] = useState(null);
  const [isKeeping, setKeeping] = useState(false);
  const field = useRef(null);
  const opener = useRef(null);
  const wrongId = useId();
  const isOpen = draft !== null;
  useEffect(() => {
    if (isOpen) field.current.select();
  }, [isOpen]);

  const close = () => {
    setDraft(null);
    setWrong(null);
    // The field had the focus; its place is back on what opened it.
    requestAnimationFrame(() => opener.current?.focus());
  };
  const keep = async () => {
    if (!isOpen || isKeeping) return;
    if (draft.trim() === value) {
      close();
      return;
    }
    setKeeping(true);
    try {
      await onKeep(draft);
      close();
    } catch (error) {
      setWrong(error.message || t("history.unreachable"));
      field.current?.focus();
    } finally {
      setKeeping(false);
    }
  };
  const onKeyDown = (event) => {
    event.stopPropagation();
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && (!isLong || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      keep();
    }
  };

  if (!isOpen) {
    return html`<button type="button" class="text-edit" ref=${opener} aria-label=${`${label}: ${value || hint}. ${t("history.edit")}`}
      data-testid=${testid} onClick=${() => setDraft(value)}>
      ${value ? (shown ?? value) : html`<span class="text-edit-hint">${hint}</span>`}</button>`;
  }
  const common = {
    ref: field,
    value: draft,
    maxlength: most,
    "aria-label": label,
    "aria-invalid": wrong ? "true" : undefined,
    "aria-describedby": wrong ? wrongId : undefined,
    "data-testid": `${testid}-field`,
    onInput: (event) => setDraft(event.target.value),
    onBlur: keep,
    onKeyDown,
  };
  return html`<div class="text-edit-open">
    ${isLong ? html`<textarea rows="3" ...${common}></textarea>` : html`<input type="text" ...${common} />`}
    <p class="text-edit-keys">${t(isLong ? "history.keys_long" : "history.keys")}</p>
    ${wrong && html`<p class="bad" id=${wrongId} role="alert">${wrong}</p>`}
  </div>`;
}
