/** Small pictures: each atlas is decoded when the first of its pictures is to be seen, and let go when many others were seen since. */

import { bytesOf, facts } from "./pictures.js";

const IN_ATLAS = facts.columns * facts.columns;
// Decoded pixels that are kept, 4 bytes each.
const KEPT_PIXELS = 64_000_000;
const KEPT = Math.max(4, Math.floor(KEPT_PIXELS / (IN_ATLAS * facts.side * facts.side)));

/** @type {Map<number, ImageBitmap>} */
const decoded = new Map();
/** @type {Set<number>} */
const decoding = new Set();
/** @type {Set<() => void>} */
const waiting = new Set();

/** Called whenever more small pictures can be drawn. @param {() => void} listener */
export function onMorePictures(listener) {
  waiting.add(listener);
}

/**
 * Draws picture `number` at x, y, as a square of `size`; false where it is not decoded yet: it will be.
 * @param {CanvasRenderingContext2D} context
 * @param {number} number @param {number} x @param {number} y @param {number} size
 */
export function drawTile(context, number, x, y, size) {
  const atlas = Math.floor(number / IN_ATLAS);
  const bitmap = decoded.get(atlas);
  if (!bitmap) {
    decode(atlas);
    return false;
  }
  decoded.delete(atlas); // the one that was used last comes last
  decoded.set(atlas, bitmap);
  const place = number % IN_ATLAS;
  const side = facts.side;
  context.drawImage(bitmap, (place % facts.columns) * side, Math.floor(place / facts.columns) * side, side, side, x, y, size, size);
  return true;
}

/** A canvas of its own with picture `number`, `size` CSS pixels wide. @param {number} number @param {number} size */
export function tileOf(number, size) {
  const canvas = document.createElement("canvas");
  canvas.className = "tile";
  canvas.width = canvas.height = facts.side;
  canvas.style.width = canvas.style.height = `${size}px`;
  const paint = () => {
    const context = canvas.getContext("2d");
    if (!context || drawTile(context, number, 0, 0, facts.side)) waiting.delete(paint);
  };
  waiting.add(paint);
  paint();
  return canvas;
}

/** @param {number} atlas */
async function decode(atlas) {
  if (decoding.has(atlas)) return;
  decoding.add(atlas);
  const bitmap = await createImageBitmap(new Blob([bytesOf(`atlas-${atlas}`)], { type: "image/jpeg" }));
  decoding.delete(atlas);
  decoded.set(atlas, bitmap);
  for (const [oldest, one] of decoded) {
    if (decoded.size <= KEPT) break;
    decoded.delete(oldest);
    one.close();
  }
  for (const listener of [...waiting]) listener();
}
