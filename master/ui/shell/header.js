// The top line: name, the way to the run and to the history, language, theme.

import { html } from "acrida/lib/ui.js";
import { LANGUAGES, language, setLanguage, t } from "acrida/lib/i18n.js";
import { CLEAN, follow, href, useRoute } from "acrida/lib/route.js";
import { setTheme, useThemeChoice } from "acrida/lib/theme.js";
import { useSlice } from "acrida/lib/store.js";
import { forget } from "acrida/data/selection.js";

function Place({ to, isHere, testid, children }) {
  const go = (event) => {
    forget();
    follow(to)(event);
  };
  return html`<a href=${href(to)} onClick=${go} aria-current=${isHere ? "page" : null} data-testid=${testid}>${children}</a>`;
}

const THEMES = { auto: "◐", light: "○", dark: "●" };

function Theme() {
  const choice = useThemeChoice();
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(choice) + 1) % names.length];
  const label = t(`core.theme_${choice}`);
  return html`<button type="button" class="plain" data-testid="theme" title=${label}
    aria-label=${t("core.theme_label", { now: label })} onClick=${() => setTheme(next)}>
    <span aria-hidden="true">${THEMES[choice]}</span></button>`;
}

function Language() {
  const next = language() === "zh" ? "en" : "zh";
  return html`<button type="button" class="plain" lang=${next === "zh" ? "zh-CN" : "en"} data-testid="language"
    onClick=${() => setLanguage(next, true)}>${LANGUAGES[next]}</button>`;
}

/**
 * @param {{live: import("acrida/data/source.js").Source}} props
 */
export function Header({ live }) {
  const view = useRoute((route) => route.view);
  const run = useRoute((route) => route.run);
  const script = useSlice(live.state, ({ status }) => status?.locustfile ?? "");
  const hasHistory = useSlice(live.state, ({ status }) => status?.history ?? false);
  const isLive = (view === "run" || view === "start") && !run;
  return html`<header class="shell-head">
    <span class="shell-name">Acrida</span>
    <span class="shell-script mono" title=${t("core.script")}>${script}</span>
    <nav aria-label=${t("core.places")}>
      <${Place} to=${CLEAN} isHere=${isLive} testid="nav-run">${t("core.place_run")}</>
      ${hasHistory && html`<${Place} to=${{ ...CLEAN, view: "history" }} isHere=${!isLive} testid="nav-history">${t("core.place_history")}</>`}
    </nav>
    <${Language} /><${Theme} />
  </header>`;
}
