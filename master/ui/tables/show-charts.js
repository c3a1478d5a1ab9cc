// The way from a table to the charts: their tab, or where they stand on the same page, as in the report.

import { navigate } from "acrida/lib/route.js";

/** Brings the charts into view. */
export function showCharts() {
  navigate({ tab: "charts" });
  document.querySelector('[data-testid="charts"]')?.scrollIntoView({ block: "start" });
}
