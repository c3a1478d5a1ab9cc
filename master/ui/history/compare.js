// Two to five runs side by side: which, how they differ beyond noise, how they went over time, and what was asked for.

import { html, useEffect, useState } from "acrida/lib/ui.js";
import { t, useLang } from "acrida/lib/i18n.js";
import { get } from "acrida/lib/api.js";
import { CLEAN, follow, href, navigate, useRoute } from "acrida/lib/route.js";
import { CompareCharts } from "acrida/history/compare-charts.js";
import { CompareRuns } from "acrida/history/compare-runs.js";
import { CompareTable } from "acrida/history/compare-table.js";
import { DifferingOptions } from "acrida/history/differing-options.js";

/** The comparison that the URL asks for; the last one stays while another is computed. */
function useComparison(runs, reference) {
  const [state, setState] = useState({ comparison: null, error: null, isLoading: true });
  useEffect(() => {
    const leaving = new AbortController();
    setState((before) => ({ ...before, isLoading: true }));
    get("/api/v1/compare", { runs, reference }, leaving.signal).then(
      (comparison) => setState({ comparison, error: null, isLoading: false }),
      (error) => error.name === "AbortError" || setState({ comparison: null, error, isLoading: false }),
    );
    return () => leaving.abort();
  }, [runs, reference]);
  return state;
}

/** The view of the route `compare`. */
export function Compare() {
  useLang();
  const runs = useRoute((route) => route.runs.join(","));
  const reference = useRoute((route) => route.reference);
  const { comparison, error, isLoading } = useComparison(runs, reference);
  const back = { ...CLEAN, view: "history" };
  const without = (id) => {
    const left = comparison.runs.map((run) => run.id).filter((other) => other !== id);
    navigate({ runs: left, reference: reference === id ? null : reference }, true);
  };
  return html`<section class="compare" data-testid="compare-view" aria-busy=${isLoading}>
    <header class="compare-head">
      <h2>${t("history.compare_title")}</h2>
      <a href=${href(back)} onClick=${follow(back)} data-testid="compare-back">${t("history.back")}</a>
    </header>
    ${error && html`<p class="note bad" role="alert" data-testid="compare-error">${error.message || t("history.unreachable")}</p>`}
    ${isLoading && !comparison && html`<p class="empty" role="status">${t("history.computing")}</p>`}
    ${comparison &&
    html`<${CompareRuns} comparison=${comparison} onReference=${(id) => navigate({ reference: id }, true)} onLeaveOut=${without} />
      <${CompareTable} comparison=${comparison} />
      <${CompareCharts} runs=${comparison.runs} />
      <${DifferingOptions} options=${comparison.options} runs=${comparison.runs} />`}
  </section>`;
}
