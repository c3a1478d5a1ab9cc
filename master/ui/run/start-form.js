// The start form: the usual fields first, the rest under "more". What is typed lives in draft.js.

import { html, useEffect, useRef, useState } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { CLEAN, navigate, route } from "acrida/lib/route.js";
import { useSlice } from "acrida/lib/store.js";
import { forget } from "acrida/data/selection.js";
import { ArgumentFields } from "acrida/run/argument-fields.js";
import { ClassPicker } from "acrida/run/class-picker.js";
import { isBusy, start } from "acrida/run/control.js";
import { draft, loadForm, profiles, started, type } from "acrida/run/draft.js";
import { hints, startBody } from "acrida/run/form-model.js";
import { ErrorSummary, reasonOf } from "acrida/run/form-errors.js";
import { HostField, ProfileField, ShapeField, TextField } from "acrida/run/plain-fields.js";
import { Elsewhere } from "acrida/run/elsewhere.js";

/** Why no run can be started now; null if one can. */
function useObstacle(source) {
  const workers = useSlice(source.state, ({ status }) => status?.workers_up ?? null);
  const busy = useSlice(source.state, ({ status }) => isBusy(status));
  const headless = useSlice(source.state, ({ status }) => status?.headless ?? false);
  const isOpen = useSlice(source.state, ({ connection }) => connection.is_open);
  if (!isOpen) return t("core.wait_connection");
  if (headless) return t("core.wait_headless");
  if (busy) return t("core.wait_run");
  return workers === 0 ? t("core.wait_workers") : null;
}

/** Messages at the fields: the master's, else our hints once the field has been left. */
function messages(form, values, errors, left) {
  const seen = Object.entries(hints(form, values)).filter(([path]) => left.has(path));
  return { ...Object.fromEntries(seen.map(([path, key]) => [path, t(key)])), ...errors };
}

/** What was typed stays on the page from now on, whatever others start. */
function stay() {
  if (route.get().view !== "start") navigate({ view: "start", tab: null }, true);
}

/**
 * @param {{source: import("acrida/data/source.js").Source}} props the live one
 */
export function StartForm({ source }) {
  const { form, values, failure, errors, summary, isTouched } = useSlice(draft, (value) => value);
  const [isSending, setSending] = useState(false);
  const [left, setLeft] = useState(() => new Set());
  const box = useRef(null);
  const obstacle = useObstacle(source);
  const script = useSlice(source.state, ({ status }) => status?.locustfile ?? null);
  useEffect(() => void loadForm(), [script]);
  useEffect(() => {
    if (isTouched) stay();
  }, [isTouched]);
  useEffect(() => {
    // Not on a phone: its keyboard would cover the form.
    const isIdle = document.activeElement === document.body || document.activeElement?.id === "main";
    if (form && isIdle && matchMedia("(pointer: fine)").matches) box.current.querySelector("input:enabled")?.focus();
  }, [form === null]);
  useEffect(() => {
    if (summary) box.current.querySelector("[data-testid=start-errors]")?.focus();
  }, [summary]);

  if (!form) {
    if (!failure) return html`<div class="empty" aria-busy="true"></div>`;
    return html`<p class="note bad" role="alert">${t("core.form_failed", { reason: reasonOf(failure) })}
      <button type="button" class="link" onClick=${loadForm}>${t("core.again")}</button></p>`;
  }

  const shown = messages(form, values, errors, left);
  const onSubmit = async (event) => {
    event.preventDefault();
    if (obstacle || isSending) return;
    setSending(true);
    draft.set({ errors: {}, summary: null });
    try {
      await start(source, startBody(form, values));
      started();
      forget();
      navigate(CLEAN);
    } catch (error) {
      draft.set({ errors: error.fields ?? {}, summary: error });
    } finally {
      setSending(false);
    }
  };
  const onLeave = (event) => {
    const path = event.target.dataset?.field;
    if (path && !left.has(path)) setLeft(new Set(left).add(path));
  };
  const onType = (path, value) => {
    type(path, value);
    // At once: a run that begins before the next frame would take the form away.
    stay();
  };
  const field = { form, values, errors: shown, onType };
  const hasMore = form.class_picker || form.shape_classes.length > 0 || form.arguments.length > 0;
  return html`<form class="start" ref=${box} onSubmit=${onSubmit} onFocusOut=${onLeave} noValidate data-testid="start-form" aria-labelledby="start-title">
    <div class="start-head"><h1 id="start-title">${t("core.start_title")}</h1></div>
    ${!isSending && html`<${Elsewhere} source=${source} />`}
    ${summary && html`<${ErrorSummary} error=${summary} fields=${errors} form=${box} />`}
    <div class="start-plain">
      <${TextField} ...${field} path="users" mode="numeric" isRequired />
      <${TextField} ...${field} path="spawn_rate" mode="decimal" isRequired />
      <${HostField} ...${field} path="host" />
      <${TextField} ...${field} path="run_time" placeholder="1h5m" />
      <${ProfileField} ...${field} path="profile" earlier=${profiles()} />
    </div>
    ${hasMore && html`<${ShapeField} ...${field} /><${ClassPicker} ...${field} /><${ArgumentFields} ...${field} />`}
    <div class="start-actions">
      <button type="submit" class="primary" data-testid="start-submit" aria-disabled=${obstacle ? "true" : null} disabled=${Boolean(obstacle) || isSending}
        aria-describedby="start-obstacle">${isSending ? t("core.starting") : t("core.start")}</button>
      <p id="start-obstacle" class="dim" role="status" data-testid="start-obstacle">${obstacle}</p>
    </div>
  </form>`;
}
