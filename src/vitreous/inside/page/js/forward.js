/** Each operation forward, over whole values: the same arithmetic as in `vitreous.layers`, in loops. */

import { functionOf } from "./functions.js";
import { sizeOf } from "./figures.js";
import { counted, met, windowOf } from "./windows.js";

/** @typedef {import("./types.js").Operation} Operation */
/** @typedef {{numbers: Float32Array, shape: readonly number[]}} Value */

/**
 * @param {Operation} operation
 * @param {Value[]} inputs
 * @param {readonly number[]} shape  Of the output.
 * @param {(name: string | undefined) => Float32Array | null} weights
 * @param {(name: string) => readonly number[]} shapeOf  Of weights.
 * @returns {Float32Array}
 */
export function forward(operation, inputs, shape, weights, shapeOf) {
  const Y = new Float32Array(sizeOf(shape));
  const X = inputs[0].numbers;
  const W = weights(operation.weight);
  const b = weights(operation.bias);
  switch (operation.op) {
    case "convolution":
      if (W) convolution(operation, inputs[0], W, b, Y, shape);
      break;
    case "linear":
      if (W) linear(X, W, b, Y, shape[shape.length - 1]);
      break;
    case "scale": {
      const each = Y.length / shape[0];
      if (W && b) for (let k = 0; k < Y.length; k++) Y[k] = X[k] * W[Math.floor(k / each)] + b[Math.floor(k / each)];
      break;
    }
    case "times":
      if (W) spread(Y, X, inputs[0].shape, W, shapeOf(operation.weight ?? ""), shape, (a, w) => a * w);
      break;
    case "product":
      spread(Y, X, inputs[0].shape, inputs[1].numbers, inputs[1].shape, shape, (a, c) => a * c);
      break;
    case "sum": {
      const signs = operation.signs ?? [];
      inputs.forEach((each, k) => spread(Y, Y, shape, each.numbers, each.shape, shape, (sum, x) => sum + signs[k] * x));
      for (const [name, sign] of operation.constants ?? []) {
        const c = weights(name);
        if (c) spread(Y, Y, shape, c, shapeOf(name), shape, (sum, x) => sum + sign * x);
      }
      break;
    }
    case "largest":
    case "mean":
      pool(operation, inputs[0], Y, shape);
      break;
    case "function": {
      const f = functionOf(operation);
      for (let k = 0; k < Y.length; k++) Y[k] = f(X[k]);
      break;
    }
    case "softmax": {
      const most = X.reduce((a, x) => Math.max(a, x), -Infinity);
      const powers = Array.from(X, (x) => Math.exp(x - most));
      const sum = powers.reduce((a, x) => a + x, 0);
      powers.forEach((each, k) => (Y[k] = each / sum));
      break;
    }
    case "moved": {
      const from = sources(operation, inputs[0].shape);
      for (let k = 0; k < Y.length; k++) Y[k] = X[from ? from[k] : k];
      break;
    }
    case "joined":
      joined(operation, inputs, shape, (at, input, k) => (Y[at] = inputs[input].numbers[k]));
      break;
    default:
      throw new Error(`nothing is known of ${operation.kind}`);
  }
  return Y;
}

/**
 * @param {Operation} operation
 * @param {Value} input
 * @param {Float32Array} W
 * @param {Float32Array | null} b
 * @param {Float32Array} Y
 * @param {readonly number[]} shape
 */
function convolution(operation, { numbers: X, shape: from }, W, b, Y, shape) {
  const w = windowOf(operation, from);
  const [M, height, width] = shape;
  const groups = operation.groups ?? 1;
  const channels = from[0] / groups;
  const plane = height * width;
  for (let m = 0; m < M; m++) {
    const out = Y.subarray(m * plane, (m + 1) * plane);
    if (b) out.fill(b[m]);
    const first = Math.floor(m / (M / groups)) * channels;
    if (w.high * w.wide === 1 && from[1] * from[2] === plane) {
      addMaps(out, X.subarray(first * plane, (first + channels) * plane), W.subarray(m * channels, (m + 1) * channels));
      continue;
    }
    for (let c = 0; c < channels; c++) {
      const map = X.subarray((first + c) * w.rows * w.columns, (first + c + 1) * w.rows * w.columns);
      for (let u = 0; u < w.high; u++) {
        for (let v = 0; v < w.wide; v++) {
          addTap(out, height, width, map, w, u, v, W[((m * channels + c) * w.high + u) * w.wide + v]);
        }
      }
    }
  }
}

/**
 * A kernel of 1 × 1: whole maps with their weights, four at a time, as reading and writing takes longer than multiplying.
 * @param {Float32Array} out
 * @param {Float32Array} maps
 * @param {Float32Array} weights
 */
export function addMaps(out, maps, weights) {
  const plane = out.length;
  const fours = weights.length - (weights.length % 4);
  for (let c = 0; c < fours; c += 4) {
    const [a, b, d, e] = weights.subarray(c, c + 4);
    for (let k = 0, at = c * plane; k < plane; k++, at++) {
      out[k] += a * maps[at] + b * maps[at + plane] + d * maps[at + 2 * plane] + e * maps[at + 3 * plane];
    }
  }
  for (let c = fours; c < weights.length; c++) for (let k = 0, at = c * plane; k < plane; k++, at++) out[k] += weights[c] * maps[at];
}

/**
 * Adds to every number of a map what element (u, v) of the kernel contributes.
 * @param {Float32Array} out
 * @param {number} height
 * @param {number} width
 * @param {Float32Array} map
 * @param {import("./windows.js").Window} w
 * @param {number} u
 * @param {number} v
 * @param {number} weight
 */
function addTap(out, height, width, map, w, u, v, weight) {
  const left = w.aside * v - w.left;
  const from = Math.max(0, Math.ceil(-left / w.across));
  const to = Math.min(width, Math.floor((w.columns - 1 - left) / w.across) + 1);
  for (let i = 0; i < height; i++) {
    const row = w.down * i + w.apart * u - w.top;
    if (row < 0 || row >= w.rows) continue;
    let k = row * w.columns + left + w.across * from;
    const end = i * width + to;
    for (let at = i * width + from; at < end; at++, k += w.across) out[at] += weight * map[k];
  }
}

/**
 * Row by row along the last axis; a flat value is one row.
 * @param {Float32Array} X
 * @param {Float32Array} W  [M, D]
 * @param {Float32Array | null} b
 * @param {Float32Array} Y
 * @param {number} M
 */
function linear(X, W, b, Y, M) {
  const D = W.length / M;
  for (let at = 0; at < Y.length; at++) {
    const m = at % M;
    const first = Math.floor(at / M) * D;
    let sum = b ? b[m] : 0;
    for (let k = 0; k < D; k++) sum += W[m * D + k] * X[first + k];
    Y[at] = sum;
  }
}

/**
 * @param {Operation} operation
 * @param {Value} input
 * @param {Float32Array} Y
 * @param {readonly number[]} shape
 */
function pool(operation, { numbers: X, shape: from }, Y, shape) {
  const w = windowOf(operation, from);
  const [, height, width] = [...shape, 1, 1]; // flat where a reduction dropped rows and columns
  const largest = operation.op === "largest";
  for (let at = 0; at < Y.length; at++) {
    const channel = Math.floor(at / (height * width));
    const i = Math.floor(at / width) % height;
    const j = at % width;
    let found = largest ? -Infinity : 0;
    for (let u = 0; u < w.high; u++) {
      for (let v = 0; v < w.wide; v++) {
        const k = met(w, i, j, u, v);
        if (k < 0) continue;
        const x = X[channel * w.rows * w.columns + k];
        found = largest ? Math.max(found, x) : found + x;
      }
    }
    Y[at] = largest ? found : found / counted(operation, w, i, j);
  }
}

/**
 * The index in a smaller value that is spread over one of `shape`, for each index of that.
 * @param {readonly number[]} small
 * @param {readonly number[]} shape
 * @returns {(index: number) => number}
 */
export function spreading(small, shape) {
  const size = sizeOf(small);
  if (size === 1) return () => 0;
  if (size === sizeOf(shape)) return (index) => index;
  const missing = shape.length - small.length;
  return (index) => {
    let found = 0;
    let step = 1;
    for (let axis = shape.length - 1; axis >= missing; axis--) {
      const length = small[axis - missing];
      if (length > 1) found += (index % shape[axis]) * step;
      step *= length;
      index = Math.floor(index / shape[axis]);
    }
    return found;
  };
}

/**
 * @param {Float32Array} Y
 * @param {Float32Array} A
 * @param {readonly number[]} shapeA
 * @param {Float32Array} B
 * @param {readonly number[]} shapeB
 * @param {readonly number[]} shape
 * @param {(a: number, b: number) => number} f
 */
function spread(Y, A, shapeA, B, shapeB, shape, f) {
  const a = spreading(shapeA, shape);
  const b = spreading(shapeB, shape);
  for (let k = 0; k < Y.length; k++) Y[k] = f(A[a(k)], B[b(k)]);
}

/**
 * For each index of a moved value the one that it came from; null where all stay.
 * @param {Operation} operation
 * @param {readonly number[]} shape  Of what goes in.
 * @returns {Int32Array | null}
 */
export function sources(operation, shape) {
  const order = operation.order;
  if (!order) return null;
  const steps = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const out = order.map((axis) => shape[axis]);
  const from = new Int32Array(sizeOf(shape));
  const place = new Array(out.length).fill(0);
  for (let k = 0; k < from.length; k++) {
    let index = 0;
    for (let axis = 0; axis < order.length; axis++) index += place[axis] * steps[order[axis]];
    from[k] = index;
    for (let axis = order.length - 1; axis >= 0 && ++place[axis] === out[axis]; axis--) place[axis] = 0;
  }
  return from;
}

/**
 * Visits every number of a concatenation: its index, which input it is of, and its index there.
 * @param {Operation} operation
 * @param {{shape: readonly number[]}[]} inputs
 * @param {readonly number[]} shape
 * @param {(at: number, input: number, k: number) => void} visit
 */
export function joined(operation, inputs, shape, visit) {
  const axis = operation.axis ?? 0;
  const behind = sizeOf(shape.slice(axis + 1));
  const before = sizeOf(shape.slice(0, axis));
  let start = 0;
  inputs.forEach((each, input) => {
    const length = each.shape[axis] * behind;
    for (let outer = 0; outer < before; outer++) {
      for (let k = 0; k < length; k++) visit(outer * shape[axis] * behind + start + k, input, outer * length + k);
    }
    start += length;
  });
}
