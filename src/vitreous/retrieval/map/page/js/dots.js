/** Dots, drawn pixel by pixel into an image: 20,000 of them take a few milliseconds on any processor, without a graphics card. */

import { count, xy } from "./pictures.js";

/** @typedef {import("./camera.js").Camera} Camera */

/** The shares of the pixels of a disc that it covers, 0 to 255, as dx, dy, share. @param {number} radius  In pixels. */
function discOf(radius) {
  const found = [];
  const reach = Math.ceil(radius);
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const share = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(dx, dy)));
      if (share > 0.05) found.push(dx, dy, Math.round(255 * share));
    }
  }
  return Int32Array.from(found);
}

/**
 * Fills the image with `paper` and draws the pictures in `order`, each in its ink (both 0xAABBGGRR).
 * @param {ImageData} image @param {Camera} camera @param {number} ratio  Pixels of the image to a CSS pixel.
 * @param {number} radius  CSS pixels. @param {number} paper @param {Uint32Array} inks @param {Uint32Array} order
 */
export function drawDots(image, camera, ratio, radius, paper, inks, order) {
  const pixels = new Uint32Array(image.data.buffer);
  pixels.fill(paper);
  const { width, height } = image;
  const disc = discOf(radius * ratio);
  const reach = Math.ceil(radius * ratio);
  const scale = camera.scale * ratio;
  const left = width / 2 - camera.x * scale;
  const top = height / 2 - camera.y * scale;
  for (let n = 0; n < count; n++) {
    const k = order[n];
    const x = Math.round(xy[2 * k] * scale + left);
    const y = Math.round(xy[2 * k + 1] * scale + top);
    if (x < -reach || y < -reach || x >= width + reach || y >= height + reach) continue;
    const ink = inks[k];
    const inside = x >= reach && y >= reach && x < width - reach && y < height - reach;
    for (let d = 0; d < disc.length; d += 3) {
      const px = x + disc[d];
      const py = y + disc[d + 1];
      if (!inside && (px < 0 || py < 0 || px >= width || py >= height)) continue;
      const at = py * width + px;
      pixels[at] = disc[d + 2] === 255 ? ink : mixed(pixels[at], ink, disc[d + 2]);
    }
  }
}

/** `share` of 255 of the ink over what is there. @param {number} below @param {number} ink @param {number} share */
export function mixed(below, ink, share) {
  const rest = 255 - share;
  const red = ((below & 255) * rest + (ink & 255) * share) >> 8;
  const green = (((below >> 8) & 255) * rest + ((ink >> 8) & 255) * share) >> 8;
  const blue = (((below >> 16) & 255) * rest + ((ink >> 16) & 255) * share) >> 8;
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}

/** #rrggbb as 0xAABBGGRR. @param {string} colour */
export function inkOf(colour) {
  const value = parseInt(colour.slice(1), 16);
  return (0xff000000 | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}

/** An ink that is seen on this paper: moved towards `strong` until its contrast is 3, as WCAG 2 asks of what is drawn. @param {number} ink @param {number} paper @param {number} strong */
export function legible(ink, paper, strong) {
  let found = ink;
  for (let step = 1; step < 8 && contrast(found, paper) < 3; step++) found = mixed(ink, strong, step * 32);
  return found;
}

/** @param {number} one @param {number} other */
function contrast(one, other) {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

/** @param {number} ink */
function luminance(ink) {
  const [red, green, blue] = [ink & 255, (ink >> 8) & 255, (ink >> 16) & 255].map((each) => (each / 255 <= 0.04045 ? each / 255 / 12.92 : ((each / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** 0xAABBGGRR as a colour of CSS. @param {number} ink */
export function cssOf(ink) {
  return `rgb(${ink & 255}, ${(ink >> 8) & 255}, ${(ink >> 16) & 255})`;
}
