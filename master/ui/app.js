// The page's frame: header, banner, the view of the route. It also keeps the source: the live run's, or a stored one's.

import { html, useEffect, useMemo } from "acrida/lib/ui.js";
import { t, useLang } from "acrida/lib/i18n.js";
import { useRoute } from "acrida/lib/route.js";
import { SourceContext } from "acrida/data/source.js";
import { createStoredSource } from "acrida/data/stored.js";
import { Header } from "acrida/shell/header.js";
import { Outside } from "acrida/shell/outside.js";
import { Banner } from "acrida/shell/banner.js";
import { Later } from "acrida/parts/later.js";
import { RunView } from "acrida/run/run-view.js";

const views = {
  history: () => import("acrida/history/history.js").then((module) => module.History),
  compare: () => import("acrida/history/compare.js").then((module) => module.Compare),
};

/** The live source, or the one of the stored run that the URL names. */
function useSourceOf(live, run) {
  const source = useMemo(() => (run ? createStoredSource(run) : live), [run, live]);
  useEffect(() => {
    window.acrida.source = source;
    return () => source !== live && source.close();
  }, [source, live]);
  return source;
}

/**
 * @param {{live: import("acrida/data/source.js").Source}} props
 */
export function App({ live }) {
  useLang();
  const view = useRoute((route) => route.view);
  const source = useSourceOf(live, useRoute((route) => (route.view === "run" ? route.run : null)));
  return html`
    <a class="skip" href="#main">${t("core.skip")}</a>
    <${Header} live=${live} />
    <${Banner} source=${live} />
    <${Outside} source=${live} />
    <main id="main" tabindex="-1">
      <${SourceContext.Provider} value=${source}>
        ${views[view] ? html`<${Later} key=${view} load=${views[view]} />` : html`<${RunView} view=${view} key=${source.kind === "live" ? "live" : source.runId} />`}
      </>
    </main>`;
}
