// A list of tabs and the panel of the chosen one, by the ARIA pattern: arrows, Home and End move along the tabs.

import { classes, html, useLayoutEffect, useRef } from "acrida/lib/ui.js";

/**
 * @typedef {object} Tab
 * @property {string} id
 * @property {string} label
 * @property {number} [badge] shown if above 0
 * @property {"bad"|"warn"} [tone] of the badge
 * @property {string} [badgeLabel] what the badge counts, for screen readers
 */

/**
 * @param {{tabs: Tab[], chosen: string, onChoose: (id: string) => void, label: string, children: *}} props
 */
export function Tabs({ tabs, chosen, onChoose, label, children }) {
  const list = useRef(null);
  // On a phone the tabs do not fit: the chosen one is brought into sight, and only the row of tabs moves for it.
  useLayoutEffect(() => {
    const tab = list.current.querySelector(`#tab-${chosen}`);
    if (!tab) return;
    const [from, to] = [tab.offsetLeft - list.current.offsetLeft, tab.offsetLeft - list.current.offsetLeft + tab.offsetWidth];
    const { scrollLeft, clientWidth } = list.current;
    if (from < scrollLeft || to > scrollLeft + clientWidth) list.current.scrollLeft = (from + to - clientWidth) / 2;
  }, [chosen]);
  const onKeyDown = (event) => {
    const at = tabs.findIndex((tab) => tab.id === chosen);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const { id } = tabs[(next + tabs.length) % tabs.length];
    onChoose(id);
    list.current.querySelector(`#tab-${id}`).focus();
  };
  const one = ({ id, label: text, badge, tone, badgeLabel }) => html`<button key=${id} type="button" role="tab" id=${`tab-${id}`}
    aria-selected=${id === chosen ? "true" : "false"} aria-controls="tab-panel" tabindex=${id === chosen ? 0 : -1}
    data-testid=${`tab-${id}`} onClick=${() => onChoose(id)}>${text}
    ${badge > 0 && html`<span class=${classes("badge", tone)} aria-label=${badgeLabel}>${badge > 999 ? "999+" : badge}</span>`}</button>`;
  return html`
    <div class="tabs no-print" role="tablist" aria-label=${label} ref=${list} onKeyDown=${onKeyDown}>${tabs.map(one)}</div>
    <div id="tab-panel" role="tabpanel" aria-labelledby=${`tab-${chosen}`}>${children}</div>`;
}
