// A run on the page: the start form while there is none; else strip, findings, tabs.

import { html, useEffect, useRef } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { navigate, useRoute } from "acrida/lib/route.js";
import { useFreshRun } from "acrida/data/fresh-run.js";
import { useData, useSource } from "acrida/data/source.js";
import { Tabs } from "acrida/parts/tabs.js";
import { Later } from "acrida/parts/later.js";
import { StartForm } from "acrida/run/start-form.js";
import { StoredStrip } from "acrida/run/stored-strip.js";
import { Strip } from "acrida/run/strip.js";
import { useUnseenWarnings } from "acrida/run/unseen.js";

const findings = () => import("acrida/diagnosis/diagnosis.js").then((module) => module.Diagnosis);

/** Loaders of the tabs' views, in their order. */
const VIEWS = {
  statistics: () => import("acrida/tables/statistics.js").then((module) => module.Statistics),
  charts: () => import("acrida/charts/chart-panel.js").then((module) => module.Charts),
  failures: () => import("acrida/tables/failures.js").then((module) => module.Failures),
  exceptions: () => import("acrida/tabs/exceptions.js").then((module) => module.Exceptions),
  ratio: () => import("acrida/tabs/ratio.js").then((module) => module.Ratio),
  workers: () => import("acrida/tabs/workers.js").then((module) => module.Workers),
  logs: () => import("acrida/tabs/logs.js").then((module) => module.Logs),
  download: () => import("acrida/tabs/download.js").then((module) => module.Download),
};
/** Tabs about the present state of processes, which nobody keeps: of a stored run they say so. */
const LIVE_ONLY = ["workers", "logs"];
const notKept = async () => NotKept;

function NotKept() {
  const tab = useRoute((route) => route.tab);
  return html`<p class="empty" data-testid="not-kept">${t(`core.${tab}_not_kept`)}</p>`;
}

function useBadges(chosen) {
  const failures = useData((state) => state.failures?.rows.length ?? 0);
  const exceptions = useData((state) => state.status?.exceptions ?? state.run?.exceptions ?? 0);
  const warnings = useUnseenWarnings(chosen === "logs");
  return {
    failures: { badge: failures, tone: "bad", badgeLabel: t("core.badge_failures", { n: failures }) },
    exceptions: { badge: exceptions, tone: "bad", badgeLabel: t("core.badge_exceptions", { n: exceptions }) },
    logs: { badge: warnings, tone: "warn", badgeLabel: t("core.badge_logs", { n: warnings }) },
  };
}

function RunTabs() {
  useFreshRun();
  const { kind } = useSource();
  const asked = useRoute((route) => route.tab);
  const ids = Object.keys(VIEWS);
  const chosen = ids.includes(asked) ? asked : ids[0];
  const badges = useBadges(chosen);
  const hasFindings = useData((state) => state.diagnosis?.some((finding) => finding.severity !== "info") ?? false);
  const tabs = ids.map((id) => ({ id, label: t(`core.tab_${id}`), ...badges[id] }));
  const isDiagnosed = hasFindings || chosen === "charts";
  return html`
    ${isDiagnosed && html`<${Later} key="findings" load=${findings} />`}
    <${Tabs} tabs=${tabs} chosen=${chosen} label=${t("core.tabs")} onChoose=${(id) => navigate({ tab: id }, true)}>
      <${Later} key=${chosen} load=${kind === "stored" && LIVE_ONLY.includes(chosen) ? notKept : VIEWS[chosen]} />
    </>`;
}

/**
 * @param {{view: "run"|"start"}} props
 */
export function RunView({ view }) {
  const source = useSource();
  const isKnown = useData((state) => state.status !== null || state.run !== null);
  const isFresh = useData((state) => state.status?.state === "ready" && !state.status.run_id);
  const showsForm = source.kind === "live" && (view === "start" || isFresh);
  const wasForm = useRef(showsForm);
  useEffect(() => {
    // A keyboard or a screen reader goes on where the new view begins.
    if (wasForm.current && !showsForm) document.getElementById("main")?.focus({ preventScroll: true });
    wasForm.current = showsForm;
  }, [showsForm]);
  if (source.kind !== "live") return html`<${StoredStrip} /><${RunTabs} />`;
  if (!isKnown) return html`<div class="empty" aria-busy="true">${t("core.connecting")}</div>`;
  if (showsForm) return html`<${StartForm} source=${source} />`;
  return html`<${Strip} /><${RunTabs} />`;
}
