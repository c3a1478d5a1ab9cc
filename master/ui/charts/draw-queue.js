// Spreads the drawing of many charts over frames, so that none of them lasts long: the page stays smooth with hours of history.

/** Milliseconds of a frame that drawing may take before the rest waits for the next one. At least one chart is drawn. */
const BUDGET_MS = 6;

const waiting = new Set();
let isAsked = false;

function run() {
  isAsked = false;
  const began = performance.now();
  for (const draw of waiting) {
    waiting.delete(draw);
    draw();
    if (performance.now() - began > BUDGET_MS) break;
  }
  if (waiting.size > 0) ask();
}

function ask() {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(run);
}

/**
 * Calls a function in the next frame that has room. Asked for again before that, it is still called once.
 * @param {() => void} draw
 */
export function drawSoon(draw) {
  waiting.add(draw);
  ask();
}

/**
 * Takes back what was asked for.
 * @param {() => void} draw
 */
export function forgetDraw(draw) {
  waiting.delete(draw);
}
