// What the state changes outside the page's own text: the tab's title and icon, and a line for screen readers.

import { html, useEffect, useState } from "acrida/lib/ui.js";
import { t, useLang } from "acrida/lib/i18n.js";
import { rate, whole } from "acrida/lib/format.js";

const COLOURS = { ready: "#9da396", spawning: "#e9a72c", running: "#3ec79c", stopping: "#e9a72c", stopped: "#9da396", lost: "#ff8a57" };
const SHAPES = {
  ready: '<circle cx="16" cy="16" r="8" fill="none" stroke="C" stroke-width="4"/>',
  spawning: '<path d="M6 24 15 15l4 4 7-11" fill="none" stroke="C" stroke-width="4"/>',
  running: '<path d="M10 6v20l16-10z" fill="C"/>',
  stopping: '<rect x="9" y="9" width="14" height="14" fill="none" stroke="C" stroke-width="4"/>',
  stopped: '<rect x="8" y="8" width="16" height="16" fill="C"/>',
  lost: '<path d="M8 8l16 16M24 8 8 24" stroke="C" stroke-width="5"/>',
};

function icon(state) {
  const drawing = (SHAPES[state] ?? SHAPES.ready).replaceAll("C\"", `${COLOURS[state] ?? COLOURS.ready}"`);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#191c18"/>${drawing}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

function title(state, status) {
  if (!status) return "Acrida";
  const figures = state === "running" || state === "spawning" ? t("core.title_figures", { users: whole(status.users), rate: rate(status.rate) }) : "";
  return [figures, t(`core.state_${state}`), "Acrida"].filter(Boolean).join(" · ");
}

/**
 * @param {{source: import("acrida/data/source.js").Source}} props the live one
 */
export function Outside({ source }) {
  const lang = useLang();
  const [said, setSaid] = useState("");
  useEffect(() => {
    let before = null;
    const show = ({ status, connection }) => {
      const state = connection.lost_since_unix_s === null ? (status?.state ?? "ready") : "lost";
      const text = title(state, status);
      if (document.title !== text) document.title = text;
      if (state === before) return;
      document.getElementById("icon").href = icon(state);
      if (before !== null) setSaid(t("core.says_state", { state: t(`core.state_${state}`) }));
      before = state;
    };
    show(source.state.get());
    // At once and not by frames: a hidden tab's title is where one looks while doing something else.
    return source.state.subscribeNow(show);
  }, [source, lang]);
  return html`<p class="unseen" role="status" aria-live="polite" data-testid="says-state">${said}</p>`;
}
