// A run on the page, live or stored: strip, diagnosis, tabs.

import { html } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { navigate, useRoute } from "acrida/lib/route.js";
import { Tabs } from "acrida/parts/tabs.js";
import { Later } from "acrida/parts/later.js";

/** Loaders of the tabs' views, in their order. */
const VIEWS = {
  statistics: () => import("acrida/tables/statistics.js").then((module) => module.Statistics),
  charts: () => import("acrida/charts/chart-panel.js").then((module) => module.Charts),
  failures: () => import("acrida/tables/failures.js").then((module) => module.Failures),
};

/** The run of the source in the context. */
export function RunView() {
  const asked = useRoute((route) => route.tab);
  const chosen = asked in VIEWS ? asked : "statistics";
  const tabs = Object.keys(VIEWS).map((id) => ({ id, label: t(`core.tab_${id}`) }));
  return html`<${Tabs} tabs=${tabs} chosen=${chosen} label=${t("core.tabs")} onChoose=${(id) => navigate({ tab: id }, true)}>
    <${Later} key=${chosen} load=${VIEWS[chosen]} />
  </>`;
}
