// How often each class and task runs, as a tree with bars.

import { html } from "acrida/lib/ui.js";
import { t } from "acrida/lib/i18n.js";
import { number } from "acrida/lib/format.js";
import { useData, useSource } from "acrida/data/source.js";
import { usePolled } from "acrida/parts/use-polled.js";

const EVERY_MS = 5000;

function Node({ name, node }) {
  const inner = Object.entries(node.tasks ?? {});
  return html`<li>
    <div class="ratio-line"><span class="mono ratio-name">${name}</span>
      <span class="ratio-bar" aria-hidden="true"><span style=${{ width: `${Math.min(100, node.ratio * 100)}%` }}></span></span>
      <span class="ratio-figure">${number(node.ratio * 100, 1)} %</span></div>
    ${inner.length > 0 && html`<ul>${inner.map(([task, one]) => html`<${Node} key=${task} name=${task} node=${one} />`)}</ul>`}
  </li>`;
}

function Tree({ title, tree, testid }) {
  return html`<section class="ratio panel" data-testid=${testid}><h2 class="label">${title}</h2>
    <ul>${Object.entries(tree ?? {}).map(([name, node]) => html`<${Node} key=${name} name=${name} node=${node} />`)}</ul></section>`;
}

/** The tab. */
export function Ratio() {
  const source = useSource();
  const plan = useData((state) => state.status?.plan_version ?? 0);
  const { value, error } = usePolled(() => source.ratio(), source.kind === "live" ? EVERY_MS : null, [source, plan]);
  if (!value) return html`<p class="empty" aria-busy=${error ? null : "true"}>${error?.message}</p>`;
  if (Object.keys(value.per_class ?? {}).length === 0) return html`<p class="empty">${t("core.no_ratio")}</p>`;
  return html`<div class="ratios">
    <${Tree} title=${t("core.ratio_per_class")} tree=${value.per_class} testid="ratio-per-class" />
    <${Tree} title=${t("core.ratio_total")} tree=${value.total} testid="ratio-total" />
  </div>`;
}
