// Spreads the drawing of many charts over frames, so that none of them lasts long: the page stays smooth with hours of history.

const waiting = new Set();
let isAsked = false;

function run() {
  isAsked = false;
  // One a frame: what a drawing costs is mostly spent after this function, when the browser turns strokes into pixels.
  const [draw] = waiting;
  waiting.delete(draw);
  draw?.();
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
