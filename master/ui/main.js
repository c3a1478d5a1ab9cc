// The live page's start: the language first, then the page.

import { html, render } from "acrida/lib/ui.js";
import { preferredLanguage, setLanguage } from "acrida/lib/i18n.js";
import "acrida/lib/theme.js";
import { selection } from "acrida/data/selection.js";
import { createLiveSource } from "acrida/data/live.js";
import { App } from "acrida/app.js";

const live = createLiveSource();
// For tests and for whoever looks under the bonnet; the page reads none of it. `source` follows the run shown.
window.acrida = { source: live, live, selection };

await setLanguage(preferredLanguage());
const root = document.getElementById("app");
root.replaceChildren();
render(html`<${App} live=${live} />`, root);
