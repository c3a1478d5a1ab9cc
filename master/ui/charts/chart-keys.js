// Keyboard of a chart: arrows move the cursor, + and - zoom, Shift with arrows moves the window, Escape shows the whole run.

/** Intervals that Page Up and Page Down go. */
const PAGE = 10;

function moveTo(u, index) {
  const [first, last] = u.series[0].idxs;
  const at = Math.max(first, Math.min(last, index));
  if (!(at >= 0)) return;
  u.setCursor({ left: u.valToPos(u.data[0][at], "x"), top: u.bbox.height / devicePixelRatio / 2 }, true, true);
}

/**
 * @param {object} chart `plot` (ref), `view`, `onZoom`, `onStep`, `say()` (speaks the figures at the cursor).
 * @returns {(event: KeyboardEvent) => void}
 */
export function chartKeys({ plot, view, onZoom, onStep, say }) {
  return (event) => {
    const u = plot.current;
    if (!u || event.altKey || event.ctrlKey || event.metaKey) return;
    const [first, last] = u.series[0].idxs;
    const isOn = u.cursor.idx !== null && u.cursor.idx !== undefined;
    const index = isOn ? u.cursor.idx : last;
    const centre = isOn ? u.data[0][index] : (view.from_s + view.to_s) / 2;
    const step = (offset) => () => {
      moveTo(u, isOn ? index + offset : last);
      say();
    };
    const actions = {
      ArrowLeft: event.shiftKey ? () => onStep?.({ pan: -0.25 }) : step(-1),
      ArrowRight: event.shiftKey ? () => onStep?.({ pan: 0.25 }) : step(1),
      PageDown: step(PAGE),
      PageUp: step(-PAGE),
      Home: step(first - index),
      End: step(last - index),
      "+": () => onStep?.({ zoom: 0.5, at: centre }),
      "=": () => onStep?.({ zoom: 0.5, at: centre }),
      "-": () => onStep?.({ zoom: 2, at: centre }),
      Escape: () => onZoom?.(null),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
}
