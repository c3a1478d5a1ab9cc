/** Texts by key. */
export default {
  "core.skip": "Skip to the content",
  "core.places": "Places",
  "core.place_run": "Run",
  "core.place_history": "History",
  "core.script": "Script",
  "core.theme_label": "Colours: {now}. Change",
  "core.theme_auto": "as the system",
  "core.theme_light": "light",
  "core.theme_dark": "dark",
  "core.view_failed": "This view could not be shown: {reason}. Reload the page; if it stays, report it.",
  "core.connection_lost": "Connection to the master lost since {since}. Trying again…",
  "core.tabs": "Parts of the run",
  "core.tab_statistics": "Statistics",
  "core.tab_charts": "Charts",
  "core.tab_failures": "Failures",
};
