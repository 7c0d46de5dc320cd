/**
 * The network: every value of it, read from the page or worked out from others, once.
 *
 * A value can be had if the page holds it, or if its operation is known and what goes in can be had, weights among it.
 */

import { forward } from "./forward.js";
import { read } from "./stored.js";

/** @typedef {import("./types.js").Facts} Facts */
/** @typedef {import("./types.js").Operation} Operation */

export class Network {
  /** @param {Facts} facts */
  constructor(facts) {
    this.facts = facts;
    /** @type {Map<string, Promise<Float32Array>>} */
    this.waiting = new Map();
    /** @type {Map<string, Float32Array>} */
    this.known = new Map();
    /** @type {Map<string, boolean>} */
    this.possible = new Map();
  }

  /** @param {string} name @returns {readonly number[]} */
  shape(name) {
    return this.facts.shapes[name] ?? this.facts.arrays[name]?.shape ?? [];
  }

  /** @param {string} name @returns {Operation | undefined} */
  operation(name) {
    return this.facts.operations[name];
  }

  /** Whether there is a value of this name, in the page or not. @param {string} name */
  has(name) {
    return name in this.facts.shapes;
  }

  /** Whether its numbers can be had. @param {string} name @returns {boolean} */
  can(name) {
    if (name in this.facts.arrays) return true;
    const before = this.possible.get(name);
    if (before !== undefined) return before;
    this.possible.set(name, this.canExplain(name));
    return this.possible.get(name) ?? false;
  }

  /** Whether the arithmetic of its numbers can be told. @param {string} name @returns {boolean} */
  canExplain(name) {
    const operation = this.operation(name);
    if (!operation || operation.op === "other") return false;
    return weightsOf(operation).every((each) => each in this.facts.arrays) && operation.of.every((each) => this.can(each));
  }

  /**
   * The numbers of a value or of a weight. What is worked out on the way is kept; the page stays awake meanwhile.
   * @param {string} name
   * @returns {Promise<Float32Array>}
   */
  numbers(name) {
    let promise = this.waiting.get(name);
    if (!promise) {
      promise = this.made(name);
      this.waiting.set(name, promise);
    }
    return promise;
  }

  /** The same for what has been had before. @param {string} name @returns {Float32Array} */
  now(name) {
    const found = this.known.get(name);
    if (!found) throw new Error(`${name} is not there yet`);
    return found;
  }

  /**
   * Everything that the arithmetic of a value needs: its own numbers, what goes in, weights.
   * @param {string} name
   */
  async prepare(name) {
    await this.numbers(name);
    const operation = this.operation(name);
    if (operation && this.canExplain(name)) for (const each of [...operation.of, ...weightsOf(operation)]) await this.numbers(each);
  }

  /** @param {string} name @returns {Promise<Float32Array>} */
  async made(name) {
    const stored = this.facts.arrays[name];
    const numbers = stored ? await read(stored) : await this.computed(name);
    this.known.set(name, numbers);
    return numbers;
  }

  /** @param {string} name @returns {Promise<Float32Array>} */
  async computed(name) {
    const operation = this.operation(name);
    if (!operation || !this.can(name)) throw new Error(`${name} is not in this page`);
    for (const each of [...operation.of, ...weightsOf(operation)]) await this.numbers(each);
    await new Promise((resolve) => setTimeout(resolve)); // keys and clicks first
    const inputs = operation.of.map((each) => ({ numbers: this.now(each), shape: this.shape(each) }));
    return forward(operation, inputs, this.shape(name), (each) => (each ? this.now(each) : null), (each) => this.facts.arrays[each].shape);
  }
}

/** @param {Operation} operation @returns {string[]} */
export function weightsOf(operation) {
  return [operation.weight ?? "", operation.bias ?? "", ...(operation.constants ?? []).map(([name]) => name)].filter(Boolean);
}
