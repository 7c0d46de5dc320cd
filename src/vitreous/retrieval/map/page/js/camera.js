/** Where on the map we are: the place in the middle of the window, and how many CSS pixels a unit of the map takes. */

import { count, xy } from "./pictures.js";

const EDGE = 28;
const CLOSEST = 400;

export class Camera {
  width = 1;
  height = 1;
  x = 0;
  y = 0;
  scale = 1;
  /** The scale at which the whole map is seen. */
  whole = 1;

  constructor() {
    const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
    for (let k = 0; k < count; k++) grow(box, k);
    this.box = box;
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    const relative = this.scale / this.whole;
    const first = this.width === 1;
    this.width = width;
    this.height = height;
    this.whole = this.#fitting(this.box);
    if (first) this.fit(this.box);
    else this.scale = this.whole * relative;
  }

  /** All of a box of the map. @param {{ x0: number, y0: number, x1: number, y1: number }} box */
  fit(box) {
    this.x = (box.x0 + box.x1) / 2;
    this.y = (box.y0 + box.y1) / 2;
    this.scale = this.#limited(this.#fitting(box));
  }

  /** These pictures. @param {Iterable<number>} numbers */
  fitPictures(numbers) {
    const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
    for (const k of numbers) grow(box, k);
    if (box.x0 > box.x1) return;
    const least = (0.12 * Math.min(this.width, this.height)) / this.whole; // not so near that nothing is around
    const [dx, dy] = [Math.max(0, least - (box.x1 - box.x0)) / 2, Math.max(0, least - (box.y1 - box.y0)) / 2];
    this.fit({ x0: box.x0 - dx, y0: box.y0 - dy, x1: box.x1 + dx, y1: box.y1 + dy });
  }

  /** The place under a point of the window stays there. @param {number} factor @param {number} sx @param {number} sy */
  zoomAt(factor, sx, sy) {
    const scale = this.#limited(this.scale * factor);
    this.x += (sx - this.width / 2) * (1 / this.scale - 1 / scale);
    this.y += (sy - this.height / 2) * (1 / this.scale - 1 / scale);
    this.scale = scale;
  }

  /** @param {number} dx @param {number} dy  In CSS pixels. */
  move(dx, dy) {
    this.x = Math.min(this.box.x1, Math.max(this.box.x0, this.x - dx / this.scale));
    this.y = Math.min(this.box.y1, Math.max(this.box.y0, this.y - dy / this.scale));
  }

  /** @param {number} x */
  screenX(x) {
    return (x - this.x) * this.scale + this.width / 2;
  }

  /** @param {number} y */
  screenY(y) {
    return (y - this.y) * this.scale + this.height / 2;
  }

  /** @param {number} sx */
  mapX(sx) {
    return (sx - this.width / 2) / this.scale + this.x;
  }

  /** @param {number} sy */
  mapY(sy) {
    return (sy - this.height / 2) / this.scale + this.y;
  }

  get zoom() {
    return this.scale / this.whole;
  }

  /** @param {{ x0: number, y0: number, x1: number, y1: number }} box */
  #fitting(box) {
    const [wide, high] = [Math.max(1e-9, box.x1 - box.x0), Math.max(1e-9, box.y1 - box.y0)];
    return Math.max(1e-6, Math.min(Math.max(10, this.width - 2 * EDGE) / wide, Math.max(10, this.height - 2 * EDGE) / high, 1e6));
  }

  /** @param {number} scale */
  #limited(scale) {
    return Math.min(this.whole * CLOSEST, Math.max(this.whole * 0.6, scale));
  }
}

/** @param {{ x0: number, y0: number, x1: number, y1: number }} box @param {number} k */
function grow(box, k) {
  const [x, y] = [xy[2 * k], xy[2 * k + 1]];
  box.x0 = Math.min(box.x0, x);
  box.x1 = Math.max(box.x1, x);
  box.y0 = Math.min(box.y0, y);
  box.y1 = Math.max(box.y1, y);
}
