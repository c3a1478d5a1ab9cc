// Draws marks into a chart: a line through the plot and a flag above it, with a tip on hover and focus. The flags are drawn on the
// canvas, so that an exported picture has them; over each lies a button for the pointer and the keyboard.

import { paint } from "acrida/charts/palette.js";
import { clusterMarks, gravest, markLine, markLook } from "acrida/charts/mark-kinds.js";

/** Height in CSS pixels of the strip above the plot where flags stand. */
export const FLAG_STRIP = 22;
const FLAG_SIZE = 14;

function drawFlag(ctx, x, top, ratio, cluster, isLabelled) {
  const { sign, colour } = markLook(gravest(cluster.marks));
  const size = FLAG_SIZE * ratio;
  ctx.fillStyle = paint(colour);
  ctx.beginPath();
  ctx.roundRect(x - size / 2, top - size - 6 * ratio, size, size, 3 * ratio);
  ctx.fill();
  ctx.fillStyle = paint("--surface");
  ctx.font = `700 ${10 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  const text = cluster.marks.length > 1 && isLabelled ? String(Math.min(99, cluster.marks.length)) : sign;
  ctx.fillText(text, x, top - size / 2 - 5.5 * ratio);
}

function draw(u, marks) {
  const ratio = devicePixelRatio;
  const { ctx, bbox } = u;
  const { min, max } = u.scales.x;
  const shown = marks().filter((mark) => mark.at_s >= min && mark.at_s <= max);
  const clusters = clusterMarks(shown, (at) => u.valToPos(at, "x", true), (FLAG_SIZE + 2) * ratio);
  ctx.save();
  ctx.lineWidth = Math.max(1, ratio);
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  for (const mark of shown) {
    const x = Math.round(u.valToPos(mark.at_s, "x", true)) + 0.5;
    ctx.strokeStyle = paint(markLook(mark).colour);
    ctx.globalAlpha = 0.65;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
  ctx.setLineDash([]);
  for (const cluster of clusters) drawFlag(ctx, cluster.x, bbox.top, ratio, cluster, true);
  ctx.restore();
  return clusters;
}

/** Puts the buttons where the flags are; only touches the page if something moved. */
function placeButtons(u, layer, clusters, isReachable) {
  const ratio = devicePixelRatio;
  const left = u.bbox.left / ratio;
  const width = u.bbox.width / ratio;
  const wanted = clusters.map((cluster) => [Math.round(cluster.x / ratio), cluster.marks.map(markLine).join("\n")]);
  const signature = `${left}|${width}|${wanted.join("|")}`;
  if (layer.dataset.signature === signature) return;
  layer.dataset.signature = signature;
  while (layer.children.length > wanted.length) layer.lastChild.remove();
  wanted.forEach(([x, text], index) => {
    let button = layer.children[index];
    if (!button) {
      button = document.createElement("button");
      button.type = "button";
      button.className = "mark-flag";
      button.append(document.createElement("span"));
      layer.append(button);
    }
    button.tabIndex = isReachable ? 0 : -1;
    button.style.left = `${x}px`;
    button.classList.toggle("to-left", x > left + width / 2);
    button.firstChild.textContent = text;
    button.setAttribute("aria-label", text.replaceAll("\n", "; "));
  });
}

/**
 * uPlot plugin.
 * @param {() => Array<object>} marks Present marks in order of time.
 * @param {boolean} isReachable Whether the flags are stops of the Tab key; a panel has that in its first chart only.
 * @returns {object}
 */
export function markFlags(marks, isReachable) {
  let layer = null;
  return {
    hooks: {
      init: (u) => {
        layer = document.createElement("div");
        layer.className = "mark-flags";
        u.over.parentNode.append(layer);
      },
      draw: (u) => placeButtons(u, layer, draw(u, marks), isReachable),
    },
  };
}
