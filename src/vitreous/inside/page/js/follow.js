/**
 * Follow a number down to the pixels and up to the answer, one number after the other, as `vitreous.inside.follow` does.
 *
 * Down: at each step to the number that decides. Up: at each step to the number that carries the most influence: its gradient in the
 * answer times what would change in it were our number 0.
 */

import { gradients } from "./backward.js";
import { countOf, explain, strongest } from "./explain.js";
import { spreading, sources } from "./forward.js";
import { functionOf } from "./functions.js";
import { indexOf, placeOf, sizeOf } from "./figures.js";
import { counted, met, windowOf, windowsOver } from "./windows.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./explain.js").Arithmetic} Arithmetic */
/** @typedef {{value: string, index: number, result: number, kind: string, change: number, influence: number}} Reached */

/**
 * The number preceded by what it was made of, back to the first sum of several numbers: convolution first, its activation last.
 * @param {Network} network
 * @param {string} name
 * @param {number} index
 * @returns {Promise<Arithmetic[]>}
 */
export async function account(network, name, index) {
  await network.prepare(name);
  const steps = [explain(network, name, index)];
  while (["function", "copied", "weighted sum"].includes(steps[0].form) && countOf(steps[0]) === 1) {
    const below = await belowOf(network, steps[0]);
    if (!below) break;
    steps.unshift(below);
  }
  return steps;
}

/**
 * By the number that decides, to a pixel; it ends earlier where nothing but padding goes in, or where the page knows no more.
 * @param {Network} network
 * @param {string} name
 * @param {number} index
 * @returns {Promise<Arithmetic[]>}
 */
export async function down(network, name, index) {
  await network.prepare(name);
  const steps = [explain(network, name, index)];
  for (let below = await belowOf(network, steps[0]); below; below = await belowOf(network, below)) steps.push(below);
  return steps;
}

/** @param {Network} network @param {Arithmetic} made @returns {Promise<Arithmetic | null>} */
async function belowOf(network, made) {
  const found = strongest(made);
  const index = found ? found.operand.indices[found.at] : -1;
  if (!found || index < 0) return null;
  await network.prepare(found.operand.value);
  return explain(network, found.operand.value, index);
}

/**
 * To a number of the answer, by the strongest influence; empty where nothing depends on it, null where the page does not hold what it takes.
 * @param {Network} network
 * @param {string} name
 * @param {number} index
 * @param {string} answer
 * @param {number} label  The index of that number.
 * @returns {Promise<Reached[] | null>}
 */
export async function up(network, name, index, answer, label) {
  const gradient = await gradientsOf(network, answer, label);
  if (!gradient) return null;
  /** @type {Reached[]} */
  const steps = [];
  while (name !== answer) {
    /** @type {Reached | null} */
    let best = null;
    for (const user of usersOf(network, name)) {
      const dY = gradient.get(user);
      if (!dY) continue;
      for (const [k, change] of changes(network, user, name, index)) {
        const influence = dY[k] * change;
        if (influence !== 0 && (!best || Math.abs(influence) > Math.abs(best.influence))) {
          best = { value: user, index: k, result: network.now(user)[k], kind: network.operation(user)?.kind ?? "", change, influence };
        }
      }
    }
    if (!best) break;
    steps.push(best);
    [name, index] = [best.value, best.index];
  }
  return steps;
}

/** @type {Map<string, Promise<Map<string, Float32Array> | null>>} */
const kept = new Map();

/** @param {Network} network @param {string} answer @param {number} label */
function gradientsOf(network, answer, label) {
  const key = `${answer} ${label}`;
  const found = kept.get(key) ?? fromScoreIfSure(network, answer, label);
  kept.set(key, found);
  return found;
}

/** So sure that nothing changes the probability: the gradient of its score instead. @param {Network} network @param {string} answer @param {number} label */
async function fromScoreIfSure(network, answer, label) {
  const found = await gradients(network, answer, label);
  const operation = network.operation(answer);
  if (!found || operation?.op !== "softmax" || found.get(operation.of[0])?.some((each) => each !== 0)) return found;
  const score = await gradients(network, operation.of[0], label);
  return score && score.set(answer, /** @type {Float32Array} */ (found.get(answer)));
}

/** @param {Network} network @param {string} name */
function usersOf(network, name) {
  return Object.keys(network.facts.operations).filter((each) => network.operation(each)?.of.includes(name));
}

/**
 * The numbers of a value that would change were one number that goes in 0, and by how much they are what they are through it.
 * @param {Network} network
 * @param {string} user
 * @param {string} name
 * @param {number} index
 * @returns {Iterable<[number, number]>}
 */
function* changes(network, user, name, index) {
  const operation = network.operation(user);
  if (!operation) return;
  const X = network.now(name);
  const Y = network.now(user);
  const x = X[index];
  const shape = network.shape(user);
  const from = network.shape(name);
  const W = operation.weight ? network.now(operation.weight) : new Float32Array();
  switch (operation.op) {
    case "convolution": {
      const w = windowOf(operation, from);
      const [channel, row, column] = placeOf(index, from);
      const channels = from[0] / (operation.groups ?? 1);
      const outputs = shape[0] / (operation.groups ?? 1);
      const group = Math.floor(channel / channels);
      for (const { i, j, u, v } of windowsOver(w, row, column, shape[1], shape[2])) {
        for (let m = group * outputs; m < (group + 1) * outputs; m++) {
          yield [(m * shape[1] + i) * shape[2] + j, x * W[((m * channels + channel - group * channels) * w.high + u) * w.wide + v]];
        }
      }
      return;
    }
    case "linear": {
      const M = shape[shape.length - 1];
      const D = from[from.length - 1];
      const row = Math.floor(index / D);
      for (let m = 0; m < M; m++) yield [row * M + m, x * W[m * D + (index % D)]];
      return;
    }
    case "scale":
      yield [index, x * W[placeOf(index, shape)[0]]];
      return;
    case "mean":
    case "largest":
      yield* ofPool(network, user, name, index);
      return;
    case "function":
      yield [index, Y[index] - functionOf(operation)(0)];
      return;
    case "softmax": {
      const most = X.reduce((a, each) => Math.max(a, each), 0);
      const without = Array.from(X, (z, k) => Math.exp((k === index ? 0 : z) - most));
      const sum = without.reduce((a, each) => a + each, 0);
      for (let k = 0; k < Y.length; k++) yield [k, Y[k] - without[k] / sum];
      return;
    }
    case "moved": {
      const order = sources(operation, from);
      yield [order ? order.indexOf(index) : index, x];
      return;
    }
    case "joined": {
      const place = placeOf(index, from);
      const axis = operation.axis ?? 0;
      let start = 0;
      for (const each of operation.of) {
        if (each === name) yield [indexOf(place.map((at, k) => (k === axis ? at + start : at)), shape), x];
        start += network.shape(each)[axis];
      }
      return;
    }
    default: // sum, times, product: number by number, one side perhaps spread over the other
      yield* ofEach(network, user, name, index);
  }
}

/** @param {Network} network @param {string} user @param {string} name @param {number} index @returns {Iterable<[number, number]>} */
function* ofEach(network, user, name, index) {
  const operation = /** @type {import("./types.js").Operation} */ (network.operation(user));
  const shape = network.shape(user);
  const from = network.shape(name);
  const x = network.now(name)[index];
  const at = spreading(from, shape);
  const same = sizeOf(from) === sizeOf(shape);
  const W = operation.weight ? network.now(operation.weight) : new Float32Array();
  const weight = operation.weight ? spreading(network.facts.arrays[operation.weight].shape, shape) : () => 0;
  for (let k = same ? index : 0; k < (same ? index + 1 : sizeOf(shape)); k++) {
    if (at(k) !== index) continue;
    let change = 0;
    operation.of.forEach((each, input) => {
      if (each !== name) return;
      const other = operation.of[1 - input];
      if (operation.op === "sum") change += (operation.signs ?? [])[input] * x;
      else if (operation.op === "times") change += W[weight(k)] * x;
      else change += x * network.now(other)[spreading(network.shape(other), shape)(k)];
    });
    yield [k, change];
  }
}

/** @param {Network} network @param {string} user @param {string} name @param {number} index @returns {Iterable<[number, number]>} */
function* ofPool(network, user, name, index) {
  const operation = /** @type {import("./types.js").Operation} */ (network.operation(user));
  const X = network.now(name);
  const w = windowOf(operation, network.shape(name));
  const [, height, width] = [...network.shape(user), 1, 1];
  const [channel, row, column] = placeOf(index, network.shape(name));
  const start = channel * w.rows * w.columns;
  for (const { i, j } of windowsOver(w, row, column, height, width)) {
    const at = (channel * height + i) * width + j;
    if (operation.op === "mean") yield [at, X[index] / counted(operation, w, i, j)];
    else {
      let without = -Infinity;
      for (let u = 0; u < w.high; u++) {
        for (let v = 0; v < w.wide; v++) {
          const k = met(w, i, j, u, v);
          if (k >= 0) without = Math.max(without, start + k === index ? 0 : X[start + k]);
        }
      }
      yield [at, network.now(user)[at] - without];
    }
  }
}
