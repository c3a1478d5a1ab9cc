// Colours of the heat-map: lightness alone carries the figure, so that it reads the same for every kind of colour vision and in grey.
// On dark the many are light, on light the many are dark; the hue only glides from blue to yellow-green along the way. Pure.

/** Stops in OKLCH: lightness, chroma, hue in degrees. */
const DARK = [
  [0.3, 0.07, 275],
  [0.44, 0.11, 262],
  [0.58, 0.12, 230],
  [0.72, 0.12, 185],
  [0.84, 0.15, 140],
  [0.95, 0.17, 108],
];
const LIGHT = [
  [0.94, 0.05, 118],
  [0.84, 0.1, 150],
  [0.72, 0.11, 190],
  [0.58, 0.12, 232],
  [0.44, 0.13, 262],
  [0.28, 0.1, 278],
];

/** Number of colours of a scale. */
export const STEPS = 256;

function srgb(lightness, chroma, degrees) {
  const a = chroma * Math.cos((degrees * Math.PI) / 180);
  const b = chroma * Math.sin((degrees * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((value) => {
    const v = Math.max(0, Math.min(1, value));
    return Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
  });
}

const made = new Map();

/**
 * The scale as pixels, little-endian RGBA.
 * @param {boolean} dark For a dark background.
 * @returns {Uint32Array} From few to many.
 */
export function colours(dark) {
  if (!made.has(dark)) {
    const stops = dark ? DARK : LIGHT;
    const pixels = new Uint32Array(STEPS);
    for (let step = 0; step < STEPS; step += 1) {
      const place = (step / (STEPS - 1)) * (stops.length - 1);
      const index = Math.min(stops.length - 2, Math.floor(place));
      const part = place - index;
      const mix = stops[index].map((value, axis) => value + (stops[index + 1][axis] - value) * part);
      const [r, g, b] = srgb(...mix);
      pixels[step] = ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    }
    made.set(dark, pixels);
  }
  return made.get(dark);
}

/** The scale as a CSS gradient, for its key. */
export function gradient(dark) {
  const pixels = colours(dark);
  const stops = Array.from({ length: 9 }, (_, index) => {
    const pixel = pixels[Math.round((index / 8) * (STEPS - 1))];
    return `rgb(${pixel & 255} ${(pixel >> 8) & 255} ${(pixel >> 16) & 255})`;
  });
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

/**
 * Step of a count: logarithmic, since a bucket of the tail holds a thousandth of one in the middle and must still be seen.
 * @param {number} count At least 1.
 * @param {number} most The largest count shown.
 * @returns {number} 0 to STEPS - 1.
 */
export function stepOf(count, most) {
  if (most <= 1) return STEPS - 1;
  return Math.round((Math.log1p(count) / Math.log1p(most)) * (STEPS - 1));
}
