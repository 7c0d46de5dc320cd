/** Which pictures are meant: by a place in the window, by an outline around them, by a text. */

import { visible } from "../../../../draw/js/words.js";
import { count, facts, label, xy } from "./pictures.js";
import { camera, shownTiles } from "./scene.js";

const REACH = 14; // CSS pixels

/** The picture at a place of the window, or −1. @param {number} sx @param {number} sy */
export function pictureAt(sx, sy) {
  for (const [k, x, y, size] of shownTiles) if (sx >= x && sy >= y && sx < x + size && sy < y + size) return k;
  const [x, y] = [camera.mapX(sx), camera.mapY(sy)];
  let best = -1;
  let least = (REACH / camera.scale) ** 2;
  for (let k = 0; k < count; k++) {
    const away = (xy[2 * k] - x) ** 2 + (xy[2 * k + 1] - y) ** 2;
    if (away < least) [best, least] = [k, away];
  }
  return best;
}

/** Those inside an outline in the window, by the even-odd rule. @param {number[][]} outline */
export function picturesInside(outline) {
  const corners = outline.map(([x, y]) => [camera.mapX(x), camera.mapY(y)]);
  const found = [];
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  for (let k = 0; k < count; k++) {
    const [x, y] = [xy[2 * k], xy[2 * k + 1]];
    if (x >= x0 && x <= x1 && y >= y0 && y <= y1 && isInside(x, y, corners)) found.push(k);
  }
  return found;
}

/** @param {number} x @param {number} y @param {number[][]} corners */
function isInside(x, y, corners) {
  let inside = false;
  for (let n = 0, before = corners.length - 1; n < corners.length; before = n++) {
    const [ax, ay] = corners[n];
    const [bx, by] = corners[before];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

/** Those whose path or label has every word of the text, in any case; null for an empty text. @param {string} text */
export function picturesNamed(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  const found = new Uint8Array(count);
  for (let k = 0; k < count; k++) {
    const name = visible(`${facts.paths[k]} ${label(k)}`).toLowerCase();
    if (words.every((word) => name.includes(word))) found[k] = 1;
  }
  return found;
}
