/**
 * Level of detail: how much room each picture has on the map. Typical pictures come first, then the others in an order that is drawn; one is
 * given a square as large as fits between those before it. At any zoom those are shown whose square is as large as a small picture, so
 * none covers another, and what was shown stays while one comes nearer.
 */

import { count, facts, xy } from "./pictures.js";

const SHRINK = 2 ** 0.25;
const LEVELS = 56;

/** The side of the square of each picture, in units of the map. @param {number} span  The side of the map. */
export function roomOf(span) {
  const room = new Float32Array(count);
  let left = inOrder();
  /** @type {number[]} */
  const placed = [];
  for (let level = 0, side = span / 3; level < LEVELS && left.length; level++, side /= SHRINK) left = place(side, placed, left, room);
  return room;
}

/**
 * Gives squares of this side to those that have room for it; returns the others, in their order.
 * @param {number} side @param {number[]} placed @param {number[]} left @param {Float32Array} room
 */
function place(side, placed, left, room) {
  /** @type {Map<number, number[]>} */
  const cells = new Map();
  const cell = (/** @type {number} */ k, /** @type {0 | 1} */ axis) => Math.floor(xy[2 * k + axis] / side) + 32768;
  const put = (/** @type {number} */ k) => {
    const at = cell(k, 0) * 65536 + cell(k, 1);
    const there = cells.get(at);
    if (there) there.push(k);
    else cells.set(at, [k]);
  };
  placed.forEach(put);
  const others = [];
  for (const k of left) {
    if (isFree(k)) {
      room[k] = side;
      placed.push(k);
      put(k);
    } else others.push(k);
  }
  return others;

  /** @param {number} k */
  function isFree(k) {
    const [cx, cy] = [cell(k, 0), cell(k, 1)];
    for (let x = cx - 1; x <= cx + 1; x++) {
      for (let y = cy - 1; y <= cy + 1; y++) {
        for (const other of cells.get(x * 65536 + y) ?? []) {
          if (Math.abs(xy[2 * k] - xy[2 * other]) < side && Math.abs(xy[2 * k + 1] - xy[2 * other + 1]) < side) return false;
        }
      }
    }
    return true;
  }
}

function inOrder() {
  const first = new Set(facts.clusters.map((each) => each.typical[0]));
  for (const each of facts.clusters) for (const k of each.typical) first.add(k);
  const rest = Array.from({ length: count }, (_, k) => k).filter((k) => !first.has(k));
  let state = 1;
  for (let k = rest.length - 1; k > 0; k--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // always the same order (Numerical Recipes)
    const other = state % (k + 1);
    [rest[k], rest[other]] = [rest[other], rest[k]];
  }
  return [...first, ...rest];
}
