// One run of the list. Notes and tags are edited in place; deleting asks once more in the row itself.

import { classes, html, useEffect, useRef, useState } from "acrida/lib/ui.js";
import { send } from "acrida/lib/api.js";
import { clock, dateTime, ms, percent, rate, whole } from "acrida/lib/format.js";
import { t } from "acrida/lib/i18n.js";
import { RunLink, RunState, runName } from "acrida/history/run-label.js";
import { TextEdit } from "acrida/history/text-edit.js";

const MAX_NOTES = 4000;
const MAX_TAGS_TEXT = 900;
/** Tags with a meaning: such runs are never deleted to make room. */
const KEPT = ["keep", "baseline"];

const path = (run) => `/api/v1/runs/${encodeURIComponent(run.id)}`;

function Tags({ tags }) {
  return tags.map((tag) => html`<span key=${tag} class=${classes("tag", KEPT.includes(tag) && "is-kept")}>${tag}</span>`);
}

/** Asks whether the run is to be deleted for good. */
function DeleteQuestion({ name, run, onDone, onLeave }) {
  const [wrong, setWrong] = useState(null);
  const first = useRef(null);
  useEffect(() => first.current.focus(), []);
  const remove = async () => {
    try {
      await send("DELETE", path(run));
      onDone();
    } catch (error) {
      // Somebody else was faster: that is what was wanted.
      if (error.status === 404) onDone();
      else setWrong(error.message || t("history.unreachable"));
    }
  };
  const onKeyDown = (event) => event.key === "Escape" && onLeave();
  return html`<div class="run-question" role="group" aria-label=${t("history.delete_question", { name })} onKeyDown=${onKeyDown}>
    <span>${t("history.delete_question", { name })}</span>
    <button type="button" ref=${first} data-testid=${`delete-no-${run.id}`} onClick=${onLeave}>${t("history.delete_no")}</button>
    <button type="button" class="danger" data-testid=${`delete-yes-${run.id}`} onClick=${remove}>${t("history.delete_yes")}</button>
    ${wrong && html`<span class="bad" role="alert">${wrong}</span>`}
  </div>`;
}

/**
 * @param {object} props
 * @param {object} props.run
 * @param {boolean} props.isChosen To be compared.
 * @param {boolean} props.canChoose
 * @param {(isChosen: boolean) => void} props.onChoose
 * @param {() => Promise<void>} props.onChanged The list is to be fetched again.
 */
export function RunRow({ run, isChosen, canChoose, onChoose, onChanged }) {
  const [isAsking, setAsking] = useState(false);
  const name = runName(run);
  const change = async (fields) => {
    await send("PATCH", path(run), fields);
    await onChanged();
  };
  const cell = (key, content, isNumber) =>
    html`<td class=${isNumber && "number"} data-label=${t(`history.${key}`)}><span>${content}</span></td>`;
  return html`<tr class=${classes(isChosen && "is-chosen", run.state === "incomplete" && "is-incomplete")} data-testid=${`run-${run.id}`}>
    <td class="run-choice">
      <input type="checkbox" checked=${isChosen} disabled=${!canChoose && !isChosen} aria-label=${t("history.choose", { name })}
        data-testid=${`choose-${run.id}`} onChange=${(event) => onChoose(event.target.checked)} />
    </td>
    <td class="run-when">
      <${RunLink} run=${run} data-testid=${`open-${run.id}`} title=${t("history.open", { id: run.id })}>${dateTime(run.started_unix_s)}</>
      <span class="run-under">${clock(run.elapsed_s)} · ${run.locustfile}</span>
    </td>
    <td data-label=${t("history.state")}><span><${RunState} run=${run} /></span></td>
    ${cell("profile", run.profile ?? "–")}
    ${cell("users", whole(run.users), true)}
    ${cell("rate", rate(run.rate), true)}
    <td class=${classes("number", run.failures > 0 && "bad")} data-label=${t("history.fail_ratio")}><span>${percent(run.fail_ratio)}</span></td>
    ${cell("p95", ms(run.p95_ms), true)}
    <td class="run-tags" data-label=${t("history.tags")}>
      <${TextEdit} value=${run.tags.join(", ")} shown=${html`<${Tags} tags=${run.tags} />`} label=${t("history.tags_of", { name })}
        hint=${t("history.add_tag")} most=${MAX_TAGS_TEXT} testid=${`tags-${run.id}`}
        onKeep=${(text) => change({ tags: text.split(",") })} />
    </td>
    <td class="run-notes" data-label=${t("history.notes")}>
      <${TextEdit} value=${run.notes} label=${t("history.notes_of", { name })} hint=${t("history.add_note")} isLong most=${MAX_NOTES}
        testid=${`notes-${run.id}`} onKeep=${(text) => change({ notes: text })} />
    </td>
    <td class="run-tools">
      ${isAsking
        ? html`<${DeleteQuestion} name=${name} run=${run} onDone=${onChanged} onLeave=${() => setAsking(false)} />`
        : html`<button type="button" class="plain" disabled=${run.is_live} title=${run.is_live ? t("history.delete_live") : t("history.delete")}
            aria-label=${t("history.delete_of", { name })} data-testid=${`delete-${run.id}`} onClick=${() => setAsking(true)}>
            <span aria-hidden="true">✕</span></button>`}
    </td>
  </tr>`;
}
