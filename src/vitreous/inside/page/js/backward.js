/** Each operation backward: Σ dY · ∂Y / ∂X, by the chain rule, over whole values. */

import { addMaps, joined, sources, spreading } from "./forward.js";
import { slopeOf } from "./functions.js";
import { sizeOf } from "./figures.js";
import { counted, met, windowOf } from "./windows.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./types.js").Operation} Operation */

/**
 * The gradient of one number in every value that leads to it; null where an operation on the way is not known here.
 * @param {Network} network
 * @param {string} name
 * @param {number} index
 * @returns {Promise<Map<string, Float32Array> | null>}
 */
export async function gradients(network, name, index) {
  if (!network.canExplain(name)) return null;
  const names = Object.keys(network.facts.operations);
  /** @type {Map<string, Float32Array>} */
  const found = new Map();
  found.set(name, new Float32Array(sizeOf(network.shape(name))).fill(1, index, index + 1));
  for (let k = names.indexOf(name); k >= 0; k--) {
    const dY = found.get(names[k]);
    if (!dY) continue;
    const operation = network.operation(names[k]);
    if (!operation || !network.canExplain(names[k])) return null;
    await network.prepare(names[k]);
    await new Promise((resolve) => setTimeout(resolve)); // keys and clicks first
    for (const each of new Set(operation.of)) if (!found.has(each)) found.set(each, new Float32Array(sizeOf(network.shape(each))));
    backward(network, operation, names[k], dY, (input) => /** @type {Float32Array} */ (found.get(operation.of[input])));
  }
  return found;
}

/**
 * Adds to each input's gradient what comes through this operation.
 * @param {Network} network
 * @param {Operation} operation
 * @param {string} name
 * @param {Float32Array} dY
 * @param {(input: number) => Float32Array} gradientOf
 */
function backward(network, operation, name, dY, gradientOf) {
  const shape = network.shape(name);
  const [first] = operation.of;
  const X = network.now(first);
  const from = network.shape(first);
  const W = operation.weight ? network.now(operation.weight) : new Float32Array();
  const dX = gradientOf(0);
  switch (operation.op) {
    case "convolution":
      return convolutionBack(operation, dY, shape, W, dX, from);
    case "linear": {
      const M = shape[shape.length - 1];
      const D = from[from.length - 1];
      return dY.forEach((dy, at) => {
        const start = Math.floor(at / M) * D;
        if (dy) for (let k = 0; k < D; k++) dX[start + k] += dy * W[(at % M) * D + k];
      });
    }
    case "scale": {
      const each = dY.length / shape[0];
      return dY.forEach((dy, k) => (dX[k] += dy * W[Math.floor(k / each)]));
    }
    case "times": {
      const own = spreading(from, shape);
      const at = spreading(network.facts.arrays[operation.weight ?? ""].shape, shape);
      return dY.forEach((dy, k) => (dX[own(k)] += dy * W[at(k)]));
    }
    case "sum":
      return operation.of.forEach((value, input) => {
        const own = spreading(network.shape(value), shape);
        const gradient = gradientOf(input);
        const sign = (operation.signs ?? [])[input];
        dY.forEach((dy, k) => (gradient[own(k)] += sign * dy));
      });
    case "product":
      return operation.of.forEach((value, input) => {
        const other = operation.of[1 - input];
        const own = spreading(network.shape(value), shape);
        const its = spreading(network.shape(other), shape);
        const gradient = gradientOf(input);
        dY.forEach((dy, k) => (gradient[own(k)] += dy * network.now(other)[its(k)]));
      });
    case "mean":
    case "largest":
      return poolBack(operation, dY, network.now(name), shape, X, dX, from);
    case "function": {
      const slope = slopeOf(operation);
      return dY.forEach((dy, k) => (dX[k] += dy * slope(X[k])));
    }
    case "softmax": {
      const Y = network.now(name);
      const mean = dY.reduce((sum, dy, k) => sum + dy * Y[k], 0);
      return dY.forEach((dy, k) => (dX[k] += Y[k] * (dy - mean)));
    }
    case "moved": {
      const order = sources(operation, from);
      return dY.forEach((dy, k) => (dX[order ? order[k] : k] += dy));
    }
    case "joined": {
      const inputs = operation.of.map((value) => ({ shape: network.shape(value) }));
      return joined(operation, inputs, shape, (at, input, k) => (gradientOf(input)[k] += dY[at]));
    }
    default:
  }
}

/**
 * @param {Operation} operation
 * @param {Float32Array} dY
 * @param {readonly number[]} shape
 * @param {Float32Array} W
 * @param {Float32Array} dX
 * @param {readonly number[]} from
 */
function convolutionBack(operation, dY, shape, W, dX, from) {
  const w = windowOf(operation, from);
  const [M, height, width] = shape;
  const groups = operation.groups ?? 1;
  const channels = from[0] / groups;
  const plane = height * width;
  if (w.high * w.wide === 1 && from[1] * from[2] === plane) {
    const outputs = M / groups;
    for (let c = 0; c < from[0]; c++) {
      const first = Math.floor(c / channels) * outputs;
      const weights = Float32Array.from({ length: outputs }, (_, m) => W[(first + m) * channels + (c % channels)]);
      addMaps(dX.subarray(c * plane, (c + 1) * plane), dY.subarray(first * plane, (first + outputs) * plane), weights);
    }
    return;
  }
  for (let m = 0; m < M; m++) {
    const own = dY.subarray(m * height * width, (m + 1) * height * width);
    if (own.every((dy) => dy === 0)) continue;
    const first = Math.floor(m / (M / groups)) * channels;
    for (let c = 0; c < channels; c++) {
      const map = dX.subarray((first + c) * w.rows * w.columns, (first + c + 1) * w.rows * w.columns);
      for (let u = 0; u < w.high; u++) {
        for (let v = 0; v < w.wide; v++) {
          const weight = W[((m * channels + c) * w.high + u) * w.wide + v];
          const left = w.aside * v - w.left;
          const begin = Math.max(0, Math.ceil(-left / w.across));
          const end = Math.min(width, Math.floor((w.columns - 1 - left) / w.across) + 1);
          for (let i = 0; i < height; i++) {
            const row = w.down * i + w.apart * u - w.top;
            if (row < 0 || row >= w.rows) continue;
            for (let j = begin; j < end; j++) map[row * w.columns + left + w.across * j] += weight * own[i * width + j];
          }
        }
      }
    }
  }
}

/**
 * A mean gives each its share; a largest number has all of it, the first of equals in a window, all of them where it is the whole map.
 * @param {Operation} operation
 * @param {Float32Array} dY
 * @param {Float32Array} Y
 * @param {readonly number[]} shape
 * @param {Float32Array} X
 * @param {Float32Array} dX
 * @param {readonly number[]} from
 */
function poolBack(operation, dY, Y, shape, X, dX, from) {
  const w = windowOf(operation, from);
  const [, height, width] = [...shape, 1, 1];
  for (let at = 0; at < dY.length; at++) {
    if (!dY[at]) continue;
    const start = Math.floor(at / (height * width)) * w.rows * w.columns;
    const i = Math.floor(at / width) % height;
    const j = at % width;
    const share = operation.op === "mean" ? dY[at] / counted(operation, w, i, j) : 0;
    search: for (let u = 0; u < w.high; u++) {
      for (let v = 0; v < w.wide; v++) {
        const k = met(w, i, j, u, v);
        if (k < 0) continue;
        if (share) dX[start + k] += share;
        else if (X[start + k] === Y[at]) {
          dX[start + k] += dY[at];
          break search;
        }
      }
    }
  }
}
