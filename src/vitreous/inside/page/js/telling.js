/** The arithmetic of a number as tables and sentences: what `vitreous see --value` writes, every figure of it. */

import { el } from "../../../draw/js/dom.js";
import { percent, plural } from "../../../draw/js/words.js";
import { hrefOf } from "./address.js";
import { countOf, products, sumOf } from "./explain.js";
import { figure, numberText, placeOf } from "./figures.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./explain.js").Arithmetic} Arithmetic */
/** @typedef {import("./explain.js").Operand} Operand */

const CHANNELS = 3;
const NUMBERS = 10;
const WIDEST_WINDOW = 16;
const MOST_ROWS = 2000;
// fp32 sums of thousands of products, in another order
const TOLERANCE = 1e-5;

/** @param {Network} network @param {string} name @param {number} index */
export function textOf(network, name, index) {
  return numberText(name, placeOf(index, network.shape(name)));
}

/** A number that leads to its own arithmetic. @param {Network} network @param {string} name @param {number} index @param {string} text */
export function link(network, name, index, text) {
  const called = textOf(network, name, index);
  return el("a", { href: hrefOf(called), title: called }, text);
}

/** What is done, in a line. @param {Network} network @param {Arithmetic} made */
export function headline(network, made) {
  return `${textOf(network, made.value, made.index)} = ${figure(made.result)}${made.form === "input" ? "" : `: ${made.kind}`}${made.rule ? `${made.form === "input" ? ":" : ","} ${made.rule}` : ""}`;
}

/**
 * One step with all of its figures.
 * @param {Network} network
 * @param {Arithmetic} made
 * @returns {HTMLElement}
 */
export function told(network, made) {
  const section = el("section", { class: "step" }, el("h4", {}, headline(network, made)));
  if (made.form === "unknown") {
    const command = `${network.facts.command} --value '${textOf(network, made.value, made.index)}'`;
    section.append(el("p", {}, "This page does not hold what it takes. In a terminal: ", el("code", {}, command)));
  } else if (made.form === "copied" || made.form === "function") {
    const [{ value, indices, numbers }] = made.operands;
    section.append(el("p", {}, made.form === "copied" ? "from " : "of ", link(network, value, indices[0], `${textOf(network, value, indices[0])} = ${figure(numbers[0])}`)));
  } else if (made.form === "softmax") {
    section.append(shares(network, made));
  } else {
    const tables = made.operands.filter(isWindow);
    for (const operand of tables) section.append(...windows(network, operand));
    if (!tables.length) section.append(list(network, made));
  }
  if (made.form === "weighted sum") section.append(sums(made));
  return section;
}

/** Whether rows and columns are read as a table. @param {Operand} operand */
function isWindow({ shape }) {
  const [rows, columns] = shape.slice(-2);
  return shape.length >= 2 && rows * columns > 1 && Math.max(rows, columns) <= WIDEST_WINDOW;
}

/** @param {Network} network @param {Operand} operand @returns {HTMLElement[]} */
function windows(network, operand) {
  if (operand.shape.length === 2) return [table(network, operand, 0, "window", operand.numbers, true)];
  const [channels, rows, columns] = operand.shape;
  const area = rows * columns;
  const each = products(operand);
  const sum = (/** @type {number} */ c) => each.slice(c * area, (c + 1) * area).reduce((a, x) => a + x, 0);
  const size = Array.from({ length: channels }, (_, c) => each.slice(c * area, (c + 1) * area).reduce((a, x) => a + Math.abs(x), 0));
  const shown = size.map((_, c) => c).sort((a, b) => size[b] - size[a]).slice(0, CHANNELS).sort((a, b) => a - b);
  const found = shown.map((c) => channel(network, operand, c, sum(c)));
  const others = size.map((_, c) => c).filter((c) => !shown.includes(c));
  if (others.length) {
    const rest = others.reduce((a, c) => a + sum(c), 0);
    found.push(unfolded(`The other ${plural(others.length, "channel")} together ${figure(rest)}`, () => others.map((c) => channel(network, operand, c, sum(c)))));
  }
  return found;
}

/** Patch × kernel = products of one channel. @param {Network} network @param {Operand} operand @param {number} c @param {number} sum */
function channel(network, operand, c, sum) {
  const area = operand.shape[1] * operand.shape[2];
  const inside = operand.indices.slice(c * area, (c + 1) * area).find((k) => k >= 0) ?? 0;
  const own = placeOf(inside, network.shape(operand.value))[0];
  const tables = [table(network, operand, c, "patch", operand.numbers, true)];
  if (operand.weights) {
    const weight = table(network, operand, c, operand.weight, operand.weights, false);
    tables.push(sign("×"), weight, sign("="), table(network, operand, c, "products", products(operand), false));
  }
  return el("div", {}, el("p", { class: "of" }, `channel ${own} of ${operand.value}: products together ${figure(sum)}`), el("div", { class: "beside" }, ...tables));
}

/** @param {string} text */
function sign(text) {
  return el("span", { class: "sign" }, text);
}

/**
 * Rows and columns of one channel, named by their places in the value.
 * @param {Network} network
 * @param {Operand} operand
 * @param {number} c
 * @param {string} caption
 * @param {number[]} numbers
 * @param {boolean} linked
 */
function table(network, operand, c, caption, numbers, linked) {
  const [rows, columns] = operand.shape.slice(-2);
  const start = c * rows * columns;
  const body = Array.from({ length: rows }, (_, i) => {
    const cells = Array.from({ length: columns }, (_, j) => {
      const at = start + i * columns + j;
      const index = operand.indices[at];
      if (index < 0) return el("td", { class: "padding", "aria-label": "padding" }, caption === operand.weight ? figure(numbers[at], 4) : "·");
      const text = figure(numbers[at], 4);
      return el("td", {}, linked ? link(network, operand.value, index, text) : text);
    });
    return el("tr", {}, ...cells);
  });
  return el("table", { class: "cells" }, el("caption", {}, caption), el("tbody", {}, ...body));
}

/** The largest of all numbers that go in, then the others. @param {Network} network @param {Arithmetic} made */
function list(network, made) {
  const weighted = made.operands.some(({ weights }) => weights && !(weights.length === 1 && weights[0] === 1));
  const items = made.operands.flatMap((operand) => products(operand).map((product, k) => ({ operand, k, product })));
  items.sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
  const rowOf = (/** @type {{operand: Operand, k: number, product: number}} */ { operand, k, product }) => {
    const { value, indices, numbers, weights } = operand;
    const cells = [el("th", { scope: "row" }, link(network, value, indices[k], textOf(network, value, indices[k]))), el("td", {}, figure(numbers[k]))];
    if (weights && weighted) cells.push(el("td", {}, `× ${figure(weights[k])}`), el("td", {}, `= ${figure(product)}`));
    return el("tr", {}, ...cells);
  };
  const heads = ["number", "is", ...(weighted ? [made.operands[0].weight || "weight", "product"] : [])].map((head) => el("th", { scope: "col" }, head));
  const tableOf = (/** @type {typeof items} */ which) =>
    el("table", { class: "list" }, el("thead", {}, el("tr", {}, ...heads.map((head) => head.cloneNode(true)))), el("tbody", {}, ...which.map(rowOf)));
  const found = el("div", { class: "scroll" }, tableOf(items.slice(0, NUMBERS)));
  const others = items.slice(NUMBERS);
  if (others.length) {
    const rest = others.reduce((a, { product }) => a + product, 0);
    const words = `The other ${plural(others.length, "number")}${made.form === "weighted sum" ? ` together ${figure(rest)}` : ""}`;
    found.append(unfolded(words, () => {
      const most = others.length > MOST_ROWS ? [el("p", {}, `The ${MOST_ROWS} largest of them`)] : [];
      return [...most, tableOf(others.slice(0, MOST_ROWS))];
    }));
  }
  return found;
}

/** Made when it is opened. @param {string} summary @param {() => HTMLElement[]} make */
function unfolded(summary, make) {
  const details = el("details", {}, el("summary", {}, summary));
  details.addEventListener("toggle", () => {
    if (details.children.length === 1) details.append(...make());
  });
  return details;
}

/** @param {Network} network @param {Arithmetic} made */
function shares(network, made) {
  const [operand] = made.operands;
  const scores = operand.numbers;
  const most = Math.max(...scores);
  const powers = scores.map((z) => Math.exp(z - most));
  const sum = powers.reduce((a, x) => a + x, 0);
  const order = scores.map((_, k) => k).sort((a, b) => scores[b] - scores[a]).filter((k) => k !== made.index);
  const shown = [made.index, ...order.slice(0, NUMBERS)];
  const rows = shown.map((k) => el("tr", {},
    el("th", { scope: "row" }, link(network, operand.value, k, labelled(network, operand.value, k))),
    ...[figure(scores[k]), figure(powers[k]), percent(powers[k] / sum, 1)].map((text) => el("td", {}, text))));
  const left = order.slice(NUMBERS).reduce((a, k) => a + powers[k], 0);
  if (order.length > NUMBERS) rows.push(row(`the other ${(order.length - NUMBERS).toLocaleString("en")}`, "", figure(left), percent(left / sum, 1)));
  rows.push(row("sum", "", figure(sum), "100.0 %"));
  const heads = ["", "z", "e^(z − largest)", "share"].map((head) => el("th", { scope: "col" }, head));
  return el("div", { class: "scroll" }, el("table", { class: "list" }, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows)));
}

/** The number with the label that it stands for. @param {Network} network @param {string} name @param {number} index */
export function labelled(network, name, index) {
  const { labels } = network.facts;
  const shape = network.shape(name);
  const own = shape.length === 1 && shape[0] === labels.length && /^(logits|probability|scores)/.test(name) ? ` ${labels[index]}` : "";
  return `${textOf(network, name, index)}${own}`;
}

/** @param {string} head @param {...string} cells */
function row(head, ...cells) {
  return el("tr", {}, el("th", { scope: "row" }, head), ...cells.map((text) => el("td", {}, text)));
}

/** The sum, the bias, the result; and whether this page's sum is the network's number. @param {Arithmetic} made */
function sums(made) {
  const sum = sumOf(made);
  const plain = made.operands.every(({ weights }) => weights?.length === 1 && weights[0] === 1);
  const rows = countOf(made) > 1 && !plain ? [row("sum of products", figure(sum))] : [];
  if (made.bias !== null) rows.push(row(`+ ${made.biasName}`, figure(made.bias)));
  rows.push(row("=", figure(made.result)));
  const size = made.operands.reduce((a, operand) => a + products(operand).reduce((b, x) => b + Math.abs(x), 0), Math.abs(made.bias ?? 0));
  const apart = Math.abs(sum + (made.bias ?? 0) - made.result);
  const table = el("table", { class: "list total" }, el("tbody", {}, ...rows));
  if (apart <= TOLERANCE * Math.max(size, 1e-30) || !Number.isFinite(made.result)) return table;
  return el("div", {}, table, el("p", { class: "warning" }, `These come to ${figure(sum + (made.bias ?? 0), 9)}; the network has ${figure(made.result, 9)}.`));
}
