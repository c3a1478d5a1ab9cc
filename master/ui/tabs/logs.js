// What the master and the workers log: by level, by source, by words; follows the end unless somebody scrolls back.

import { classes, html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { get } from "acrida/lib/api.js";
import { whole } from "acrida/lib/format.js";
import { recall, remember } from "acrida/lib/memory.js";
import { usePolled } from "acrida/parts/use-polled.js";
import { allEntries, chosen } from "acrida/tabs/log-lines.js";

const KEY_LEVEL = "acrida.logs.level";
const EVERY_MS = 2000;
/** More are not shown; the search finds them. */
const MAX_SHOWN = 1000;
const NEAR_END_PX = 24;

function Line({ entry }) {
  const { level } = entry;
  const tone = level === "WARNING" ? "warn" : level === "ERROR" || level === "CRITICAL" ? "bad" : level === "DEBUG" ? "dim" : "";
  return html`<li class="log-line" data-level=${level}>
    <span class="dim log-time">${entry.time.slice(11, 19)}</span>
    <span class=${classes("log-level", tone)}>${level}</span>
    <span class="dim log-source" title=${entry.source}>${entry.source}</span>
    <span class="log-text">${entry.text}</span></li>`;
}

function Tools({ wanted, onChange, sources, isFollowing, onFollow }) {
  const set = (key) => (event) => {
    if (key === "level") remember(KEY_LEVEL, event.target.value);
    onChange({ ...wanted, [key]: event.target.value });
  };
  const option = (value, text) => html`<option key=${value} value=${value} selected=${wanted.level === value || wanted.source === value}>${text}</option>`;
  return html`<div class="tools">
    <label><span class="unseen">${t("core.log_level")}</span><select data-testid="logs-level" onChange=${set("level")}>
      ${["DEBUG", "INFO", "WARNING", "ERROR"].map((level) => html`<option key=${level} value=${level} selected=${wanted.level === level}>${t("core.log_from", { level })}</option>`)}</select></label>
    <label><span class="unseen">${t("core.log_source")}</span><select data-testid="logs-source" onChange=${set("source")}>
      ${option("", t("core.log_all_sources"))}${sources.map((source) => option(source, source))}</select></label>
    <label class="tools-search"><span class="unseen">${t("core.log_search")}</span><input type="search" placeholder=${t("core.log_search")} value=${wanted.search}
      data-testid="logs-search" onInput=${set("search")} /></label>
    <label class="check"><input type="checkbox" checked=${isFollowing} data-testid="logs-follow" onChange=${(event) => onFollow(event.target.checked)} />${t("core.log_follow")}</label>
  </div>`;
}

/** The tab. */
export function Logs() {
  const { value, error } = usePolled((signal) => get("/api/v1/logs", {}, signal), EVERY_MS, []);
  const [wanted, setWanted] = useState(() => ({ source: "", search: "", level: recall(KEY_LEVEL, "INFO") }));
  const [isFollowing, setFollowing] = useState(true);
  const box = useRef(null);
  const all = useMemo(() => (value ? allEntries(value) : []), [value]);
  const found = useMemo(() => chosen(all, wanted), [all, wanted]);
  const toEnd = () => box.current && (box.current.scrollTop = box.current.scrollHeight);
  useLayoutEffect(() => void (isFollowing && toEnd()));
  useEffect(() => {
    addEventListener("resize", toEnd);
    return () => removeEventListener("resize", toEnd);
  }, []);
  if (!value) return html`<p class="empty" aria-busy=${error ? null : "true"}>${error?.message}</p>`;
  const onScroll = ({ target }) => {
    const isAtEnd = target.scrollHeight - target.scrollTop - target.clientHeight < NEAR_END_PX;
    if (isAtEnd !== isFollowing) setFollowing(isAtEnd);
  };
  const shown = found.slice(-MAX_SHOWN);
  const sources = ["master", ...Object.keys(value.workers)];
  return html`<${Tools} wanted=${wanted} onChange=${setWanted} sources=${sources} isFollowing=${isFollowing} onFollow=${setFollowing} />
    ${found.length > MAX_SHOWN && html`<p class="dim">${t("core.log_cut", { shown: whole(MAX_SHOWN), all: whole(found.length) })}</p>`}
    <ol class="log panel mono" ref=${box} onScroll=${onScroll} tabindex="0" aria-label=${t("core.tab_logs")} data-testid="logs">
      ${shown.map((entry, index) => html`<${Line} key=${found.length - shown.length + index} entry=${entry} />`)}
      ${shown.length === 0 && html`<li class="empty">${t("core.log_none")}</li>`}
    </ol>`;
}
