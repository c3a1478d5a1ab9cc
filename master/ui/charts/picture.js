// Charts as a PNG: title, legend, the drawing itself, and beneath which run and which span it shows. On the theme's background.

import { clock } from "acrida/lib/format.js";
import { paint } from "acrida/charts/palette.js";

const PAD = 14;
const TITLE_HEIGHT = 22;
const LEGEND_HEIGHT = 20;
const FOOT_HEIGHT = 26;
const FONT = "system-ui, sans-serif";

function legendRows(ctx, series, width) {
  const rows = [[]];
  let x = 0;
  ctx.font = `12px ${FONT}`;
  for (const line of series) {
    const length = 26 + ctx.measureText(line.label).width + 16;
    if (x + length > width && rows[rows.length - 1].length > 0) {
      rows.push([]);
      x = 0;
    }
    rows[rows.length - 1].push({ line, x });
    x += length;
  }
  return rows;
}

function drawLegend(ctx, rows, left, top) {
  rows.forEach((row, index) => {
    const y = top + index * LEGEND_HEIGHT + LEGEND_HEIGHT / 2;
    for (const { line, x } of row) {
      ctx.strokeStyle = paint(line.stroke);
      ctx.lineWidth = 2.5;
      ctx.setLineDash(line.dash ?? []);
      ctx.beginPath();
      ctx.moveTo(left + x, y);
      ctx.lineTo(left + x + 20, y);
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.fillStyle = paint("--text");
      ctx.font = `12px ${FONT}`;
      ctx.textBaseline = "middle";
      ctx.textAlign = "left";
      ctx.fillText(line.label, left + x + 26, y);
    }
  });
}

/** Places charts in rows as the page has them: side by side while there is room. */
function placed(ctx, charts, inner) {
  let [left, top, rowHeight] = [0, PAD, 0];
  const blocks = charts.map((chart) => {
    const { width } = chart.plot;
    const shown = chart.series.filter((line) => line.show !== false);
    const rows = legendRows(ctx, shown, width);
    const height = TITLE_HEIGHT + rows.length * LEGEND_HEIGHT + chart.plot.height + PAD;
    if (left > 0 && left + width > inner) [left, top, rowHeight] = [0, top + rowHeight, 0];
    const block = { ...chart, rows, left: left + PAD, top };
    left += width + 2 * PAD;
    rowHeight = Math.max(rowHeight, height);
    return block;
  });
  return { blocks, height: top + rowHeight };
}

/**
 * Draws charts in the order and arrangement of the page.
 * @param {Array<{title: string, unit?: string, plot: object, series: Array<object>}>} charts `plot` is uPlot's.
 * @param {{run: string, subject: string, span: string}} caption
 * @returns {HTMLCanvasElement}
 */
export function compose(charts, caption) {
  const ratio = devicePixelRatio;
  const canvas = document.createElement("canvas");
  const ctx = canvas.getContext("2d");
  const inner = Math.max(...charts.map(({ plot }) => plot.width));
  const { blocks, height } = placed(ctx, charts, inner);
  canvas.width = (inner + 2 * PAD) * ratio;
  canvas.height = (height + FOOT_HEIGHT + PAD) * ratio;
  ctx.scale(ratio, ratio);
  ctx.fillStyle = paint("--surface");
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  for (const { title, unit, plot, rows, left, top } of blocks) {
    ctx.fillStyle = paint("--text");
    ctx.font = `600 14px ${FONT}`;
    ctx.textBaseline = "top";
    ctx.textAlign = "left";
    ctx.fillText(unit ? `${title} (${unit})` : title, left, top);
    drawLegend(ctx, rows, left, top + TITLE_HEIGHT);
    ctx.drawImage(plot.ctx.canvas, left, top + TITLE_HEIGHT + rows.length * LEGEND_HEIGHT, plot.width, plot.height);
  }
  ctx.fillStyle = paint("--text-dim");
  ctx.font = `12px ${FONT}`;
  ctx.textBaseline = "middle";
  const foot = [caption.subject, caption.span, caption.run].filter(Boolean).join("  ·  ");
  ctx.fillText(foot, PAD, height + FOOT_HEIGHT / 2);
  return canvas;
}

/** A name that every file system takes. */
function fileName(parts) {
  const text = parts.filter(Boolean).join("_");
  return `${text.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 120)}.png`;
}

/**
 * Composes a picture and hands it to the browser as a download.
 * @param {Array<object>} charts See `compose`.
 * @param {object} of `id`, `view` and `caption()` of the chart or panel.
 */
export function savePicture(charts, of) {
  const caption = of.caption?.() ?? { run: "", subject: "" };
  const span = `${clock(of.view.from_s)}–${clock(of.view.to_s)}`;
  compose(charts, { ...caption, span }).toBlob((blob) => {
    const address = URL.createObjectURL(blob);
    const link = document.createElement("a");
    link.href = address;
    link.download = fileName(["acrida", caption.run, of.id]);
    link.click();
    URL.revokeObjectURL(address);
  }, "image/png");
}
