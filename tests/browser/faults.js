// What a keyboard or a screen reader trips over on this page: controls without a name, fields without a label, headings of
// nothing, references that lead nowhere. A list of texts; empty is good.
() => {
  const faults = [];
  const shown = (element) => element.getClientRects().length > 0 && !element.closest("[aria-hidden=true]");
  const named = (element) =>
    element.getAttribute("aria-label")?.trim() || element.textContent.trim() || element.title ||
    (element.getAttribute("aria-labelledby") ?? "").split(" ").some((id) => document.getElementById(id)?.textContent.trim()) ||
    [...(element.labels ?? [])].some((label) => label.textContent.trim());
  const say = (what, element) => faults.push(`${what}: ${element.outerHTML.slice(0, 160)}`);
  for (const element of document.querySelectorAll("button, a[href], [role=button], [role=tab], summary"))
    if (shown(element) && !named(element)) say("no name", element);
  for (const element of document.querySelectorAll("input, select, textarea"))
    if (shown(element) && !named(element)) say("no label", element);
  for (const element of document.querySelectorAll("img:not([alt]), svg[role=img]:not([aria-label]):not([aria-labelledby])"))
    if (shown(element)) say("no text for a picture", element);
  for (const element of document.querySelectorAll("[tabindex]"))
    if (element.tabIndex > 0) say("an order of its own", element);
  for (const element of document.querySelectorAll("th"))
    if (!element.scope && !element.id) say("a heading of nothing", element);
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids.filter((id, place) => ids.indexOf(id) !== place))) faults.push(`twice: #${id}`);
  for (const element of document.querySelectorAll("[aria-controls], [aria-labelledby], [aria-describedby]"))
    for (const name of ["aria-labelledby", "aria-describedby"])
      for (const id of (element.getAttribute(name) ?? "").split(" ").filter(Boolean))
        if (!document.getElementById(id)) say(`${name} leads nowhere`, element);
  if (!document.documentElement.lang) faults.push("no language");
  if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
  return faults;
}
