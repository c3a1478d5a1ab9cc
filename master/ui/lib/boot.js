// Runs before the first paint, as a plain script: the theme must not flash.
(() => {
  let choice = "auto";
  try {
    choice = JSON.parse(localStorage.getItem("acrida.theme")) ?? "auto";
  } catch {
    // Nothing is kept: the system's.
  }
  const isDark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
})();
