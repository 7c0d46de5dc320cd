/**
 * The arithmetic of one number, as `vitreous.inside.number` tells it: which numbers go in, with which weights, and what comes out.
 */

import { sources, spreading } from "./forward.js";
import { figure, placeOf } from "./figures.js";
import { counted, met, windowOf } from "./windows.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./types.js").Operation} Operation */

/**
 * @typedef {object} Operand  Numbers of one value that go in.
 * @property {string} value
 * @property {number[]} indices  Where each number lies in that value; −1 in the padding.
 * @property {number[]} numbers
 * @property {number[]} shape  In which they lie there: [C, k, k] for a patch.
 * @property {number[] | null} weights
 * @property {string} weight  What the weights are called.
 *
 * @typedef {object} Arithmetic
 * @property {string} value
 * @property {number} index
 * @property {number} result
 * @property {"input" | "weighted sum" | "product" | "largest" | "softmax" | "function" | "copied" | "unknown"} form
 * @property {string} kind
 * @property {string} rule
 * @property {Operand[]} operands
 * @property {number | null} bias
 * @property {string} biasName
 */

/**
 * The value has been prepared before (`Network.prepare`).
 * @param {Network} network
 * @param {string} name
 * @param {number} index
 * @returns {Arithmetic}
 */
export function explain(network, name, index) {
  const operation = network.operation(name);
  const result = network.now(name)[index];
  /** @type {Arithmetic} */
  const made = { value: name, index, result, form: "unknown", kind: operation?.kind ?? "", rule: "", operands: [], bias: null, biasName: "" };
  if (!operation) return { ...made, form: "input", rule: "a number of the picture, 0 to 255" };
  if (!network.canExplain(name)) return { ...made, rule: "its arithmetic is not in this page" };
  return { ...made, ...parts(network, operation, name, index) };
}

/** All products, without the bias. @param {Arithmetic} made */
export function sumOf(made) {
  return made.operands.reduce((sum, each) => sum + products(each).reduce((a, x) => a + x, 0), 0);
}

/** @param {Operand} operand @returns {number[]} */
export function products({ numbers, weights }) {
  return weights ? numbers.map((x, k) => x * weights[k]) : numbers;
}

/** How many numbers go in, without padding. @param {Arithmetic} made */
export function countOf(made) {
  return made.operands.reduce((count, each) => count + each.indices.filter((k) => k >= 0).length, 0);
}

/**
 * The number that decides: the largest product of a sum, the largest of a pooling, the own score of a softmax. Null for an input.
 * @param {Arithmetic} made
 * @returns {{operand: Operand, at: number} | null}
 */
export function strongest(made) {
  /** @type {{operand: Operand, at: number} | null} */
  let best = null;
  let most = -Infinity;
  for (const operand of made.operands) {
    const each = products(operand);
    const none = each.every((x) => x === 0);
    each.forEach((x, at) => {
      if (operand.indices[at] < 0) return;
      const size = made.form === "softmax" ? Number(operand.indices[at] === made.index) : made.form === "largest" ? x : none ? -far(operand, at) : Math.abs(x);
      if (size > most) {
        most = size;
        best = { operand, at };
      }
    });
  }
  return best;
}

/** Nothing decides: the middle does. @param {Operand} operand @param {number} at */
function far(operand, at) {
  return placeOf(at, operand.shape).reduce((sum, k, axis) => sum + (k - (operand.shape[axis] - 1) / 2) ** 2, 0);
}

/**
 * @param {Network} network
 * @param {Operation} operation
 * @param {string} name
 * @param {number} index
 * @returns {Partial<Arithmetic>}
 */
function parts(network, operation, name, index) {
  const shape = network.shape(name);
  const place = placeOf(index, shape);
  const [first] = operation.of;
  const X = network.now(first);
  const from = network.shape(first);
  const weight = operation.weight ?? "";
  /** @type {(value: string, k: number, by?: number | null, called?: string) => Operand} */
  const one = (value, k, by = null, called = "") => ({
    value, indices: [k], numbers: [network.now(value)[k]], shape: [1], weights: by === null ? null : [by], weight: called,
  });
  const biasName = operation.bias ? `${operation.bias}[${place[0]}]` : "";
  const bias = operation.bias ? network.now(operation.bias)[place[0]] : null;
  switch (operation.op) {
    case "convolution": {
      const operand = patch(network, operation, shape, index);
      return { form: "weighted sum", rule: `Σ patch · kernel${bias === null ? "" : " + bias"}`, operands: [operand], bias, biasName };
    }
    case "linear": {
      const m = place[place.length - 1];
      const D = from[from.length - 1];
      const start = Math.floor(index / shape[shape.length - 1]) * D;
      const weights = Array.from(network.now(weight).subarray(m * D, (m + 1) * D));
      const numbers = Array.from(X.subarray(start, start + D));
      const operand = { value: first, indices: weights.map((_, k) => start + k), numbers, shape: [D], weights, weight: `${weight}[${m}]` };
      return { form: "weighted sum", rule: `Σ number · weight${bias === null ? "" : " + bias"}`, operands: [operand], bias, biasName };
    }
    case "scale": {
      const rule = "number · γ / √(variance + ε) + β − mean · γ / √(variance + ε)";
      const operands = [one(first, index, network.now(weight)[place[0]], "γ / √(variance + ε)")];
      return { form: "weighted sum", rule, operands, bias, biasName: "shift" };
    }
    case "times": {
      const by = network.now(weight)[spreading(network.facts.arrays[weight].shape, shape)(index)];
      return { form: "weighted sum", rule: `number · ${weight}`, operands: [one(first, spreading(from, shape)(index), by, weight)] };
    }
    case "sum": {
      const signs = operation.signs ?? [];
      const operands = operation.of.map((value, k) => one(value, spreading(network.shape(value), shape)(index), signs[k]));
      const constants = operation.constants ?? [];
      const added = constants.map(([each, sign]) => sign * network.now(each)[spreading(network.facts.arrays[each].shape, shape)(index)]);
      const called = constants.map(([each, sign]) => (sign > 0 ? each : `−${each}`)).join(", ");
      const rule = operation.kind === "Sub" ? "the difference" : "the sum";
      return { form: "weighted sum", rule, operands, bias: added.length ? added.reduce((a, x) => a + x, 0) : null, biasName: called };
    }
    case "product":
      return { form: "product", rule: "number · number", operands: operation.of.map((value) => one(value, spreading(network.shape(value), shape)(index))) };
    case "mean":
    case "largest": {
      const operand = window(network, operation, shape, index);
      const count = operand.indices.filter((k) => k >= 0).length.toLocaleString("en");
      if (operation.op === "largest") return { form: "largest", rule: `the largest of ${count} numbers`, operands: [operand] };
      return { form: "weighted sum", rule: `the mean of ${count} numbers`, operands: [operand] };
    }
    case "function":
      return { form: "function", rule: (operation.rule ?? "").replace("{x}", figure(X[index])), operands: [one(first, index)] };
    case "softmax": {
      const operand = { value: first, indices: Array.from(X, (_, k) => k), numbers: Array.from(X), shape: [X.length], weights: null, weight: "" };
      return { form: "softmax", rule: "e^z / Σ e^z", operands: [operand] };
    }
    case "moved": {
      const order = sources(operation, from);
      return { form: "copied", rule: "the same number, from another place", operands: [one(first, order ? order[index] : index)] };
    }
    case "joined":
      return { form: "copied", rule: "the same number, from another place", operands: [one(...source(network, operation, shape, index))] };
    default:
      return {};
  }
}

/** @param {Network} network @param {Operation} operation @param {readonly number[]} shape @param {number} index @returns {Operand} */
function patch(network, operation, shape, index) {
  const [value] = operation.of;
  const X = network.now(value);
  const W = network.now(operation.weight ?? "");
  const w = windowOf(operation, network.shape(value));
  const [m, i, j] = placeOf(index, shape);
  const channels = network.shape(value)[0] / (operation.groups ?? 1);
  const first = Math.floor(m / (shape[0] / (operation.groups ?? 1))) * channels;
  const indices = [];
  for (let c = 0; c < channels; c++) {
    for (let u = 0; u < w.high; u++) {
      for (let v = 0; v < w.wide; v++) {
        const k = met(w, i, j, u, v);
        indices.push(k < 0 ? -1 : (first + c) * w.rows * w.columns + k);
      }
    }
  }
  const weights = Array.from(W.subarray(m * indices.length, (m + 1) * indices.length));
  const numbers = indices.map((k) => (k < 0 ? 0 : X[k]));
  return { value, indices, numbers, shape: [channels, w.high, w.wide], weights, weight: `${operation.weight}[${m}]` };
}

/** @param {Network} network @param {Operation} operation @param {readonly number[]} shape @param {number} index @returns {Operand} */
function window(network, operation, shape, index) {
  const [value] = operation.of;
  const X = network.now(value);
  const w = windowOf(operation, network.shape(value));
  const [channel, i, j] = [...placeOf(index, shape), 0, 0];
  const indices = [];
  for (let u = 0; u < w.high; u++) {
    for (let v = 0; v < w.wide; v++) {
      const k = met(w, i, j, u, v);
      indices.push(k < 0 ? -1 : channel * w.rows * w.columns + k);
    }
  }
  const share = 1 / counted(operation, w, i, j);
  const weights = operation.op === "mean" ? indices.map((k) => (k < 0 ? 0 : share)) : null;
  return { value, indices, numbers: indices.map((k) => (k < 0 ? 0 : X[k])), shape: [w.high, w.wide], weights, weight: weights ? "1 / count" : "" };
}

/** @param {Network} network @param {Operation} operation @param {readonly number[]} shape @param {number} index @returns {[string, number]} */
function source(network, operation, shape, index) {
  const axis = operation.axis ?? 0;
  const place = placeOf(index, shape);
  for (const value of operation.of) {
    const own = network.shape(value);
    if (place[axis] < own[axis]) return [value, place.reduce((k, at, each) => k * own[each] + at, 0)];
    place[axis] -= own[axis];
  }
  throw new Error("a place beyond what was joined");
}
