/** The panel of one number: its map, how it came about, down to the pixels, up to the answer. */

import { el, the } from "../../../draw/js/dom.js";
import { percent, plural } from "../../../draw/js/words.js";
import { hrefOf } from "./address.js";
import { products, strongest } from "./explain.js";
import { figure, placeOf, sizeOf } from "./figures.js";
import { account, down, up } from "./follow.js";
import { MapView } from "./map_view.js";
import { layoutOf, layout, mostOf, paint, paintPicture, peakOf } from "./maps.js";
import { headline, labelled, link, textOf, told } from "./telling.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./explain.js").Arithmetic} Arithmetic */

const KERNEL_PLANES = 12;

/** @type {MapView | null} */
let view = null;
let turn = 0;

/**
 * Shows a number; an index of −1 stands for the largest of the channel.
 * @param {Network} network
 * @param {string} name
 * @param {number} index
 * @param {number} channel
 */
export async function open(network, name, index, channel) {
  const own = ++turn;
  const body = the("panel-body");
  if (!network.can(name)) {
    view = null;
    body.replaceChildren(missing(network, name));
    return;
  }
  if (!network.known.has(name)) body.replaceChildren(el("p", { role: "status" }, `Working out ${name} …`));
  await network.prepare(name);
  const steps = index < 0 ? [] : await account(network, name, index);
  if (own !== turn) return; // another number was chosen meanwhile
  const laid = layoutOf(network, name);
  if (index < 0) {
    location.replace(hrefOf(textOf(network, name, peakOf(laid, network.now(name), channel))));
    return;
  }
  const [shown] = laid.place(index);
  const same = view && view.name === name && view.channel === shown && view.element.isConnected ? view : null;
  view = same ?? new MapView(network, name, laid, shown, (chosen) => (location.hash = hrefOf(textOf(network, name, chosen))));
  view.show(index);
  const head = heading(network, name, index, shown, laid.folded);
  const rest = [...arithmetic(network, steps), seen(network, name, index), kernel(network, steps), examples(network, name, shown), ...ways(network, name, index)];
  if (same) {
    // the map keeps the focus
    while (body.lastChild && body.lastChild !== same.element) body.lastChild.remove();
    body.firstElementChild?.replaceWith(head);
    body.append(...rest);
  } else {
    body.replaceChildren(head, view.element, ...rest);
  }
  the("said").textContent = steps.map((step) => headline(network, step)).join("; ");
}

/** @param {Network} network @param {string} name @param {number} index @param {number} channel @param {boolean} folded */
function heading(network, name, index, channel, folded) {
  const title = el("h3", { id: "panel-title", tabindex: -1 }, `${labelled(network, name, index)} = ${figure(network.now(name)[index])}`);
  const shape = network.shape(name).join(" × ");
  const what = name === network.facts.picture ? `the picture, ${shape}` : folded ? `one of ${plural(sizeOf(network.shape(name)), "number")}` : `channel ${channel} of ${name}, ${shape}`;
  return el("header", {}, title, el("p", { class: "muted" }, what));
}

/** @param {Network} network @param {string} name */
function missing(network, name) {
  const words = network.has(name) ? `The numbers of ${name} are not in this page: the network is too large for that.` : `The network has no value ${name}.`;
  const command = network.has(name) ? [" In a terminal: ", el("code", {}, `${network.facts.command} --value '${textOf(network, name, 0)}'`)] : [];
  return el("div", {}, el("h3", { id: "panel-title", tabindex: -1 }, name), el("p", {}, words, ...command));
}

/** @param {Network} network @param {Arithmetic[]} steps */
function arithmetic(network, steps) {
  return [el("section", { "aria-label": "How it came about" }, el("h4", { class: "part" }, "How it came about"), ...steps.map((step) => told(network, step)))];
}

/** The picture with the part of it that the number sees. @param {Network} network @param {string} name @param {number} index */
function seen(network, name, index) {
  const field = network.facts.fields[name];
  const { picture } = network.facts;
  const [height, width] = network.shape(picture);
  if (!field || name === picture || field.size[0] > 2 * height) return el("span");
  const [, row, column] = layoutOf(network, name).place(index);
  const top = field.offset[0] + field.stride[0] * row;
  const left = field.offset[1] + field.stride[1] * column;
  const inside = [Math.max(0, top), Math.max(0, left), Math.min(height, top + field.size[0]), Math.min(width, left + field.size[1])];
  const canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { role: "img", "aria-label": "the picture, with a frame around what the number sees" }));
  const frame = el("span", { class: "field", "aria-hidden": "true" });
  frame.style.top = `${(100 * inside[0]) / height}%`;
  frame.style.left = `${(100 * inside[1]) / width}%`;
  frame.style.height = `${(100 * (inside[2] - inside[0])) / height}%`;
  frame.style.width = `${(100 * (inside[3] - inside[1])) / width}%`;
  network.numbers(picture).then((numbers) => paintPicture(canvas, network.shape(picture), numbers));
  const words = `Rows ${inside[0]} to ${inside[2] - 1}, columns ${inside[1]} to ${inside[3] - 1} of the network's ${height} × ${width} pixels.`;
  return el("section", { class: "sees" }, el("h4", { class: "part" }, "What it sees"), el("div", { class: "walk small" }, canvas, frame), el("p", { class: "muted" }, words));
}

/** The kernel behind a channel, its strongest planes. @param {Network} network @param {Arithmetic[]} steps */
function kernel(network, steps) {
  const made = steps.find((step) => network.operation(step.value)?.op === "convolution" && step.operands.length);
  const operand = made?.operands[0];
  if (!operand?.weights) return el("span");
  const [channels, rows, columns] = operand.shape;
  const area = rows * columns;
  const weights = operand.weights;
  const most = mostOf(weights);
  const section = el("section", { class: "kernel" }, el("h4", { class: "part" }, `Its kernel ${operand.weight}: ${operand.shape.join(" × ")}, the largest weight ${figure(most, 3)}`));
  if (area === 1) {
    const laid = layout([channels]);
    const canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { role: "img", "aria-label": `${channels} weights, one an input channel` }));
    paint(canvas, laid.rows, laid.columns, (row, column) => (laid.index(0, row, column) < 0 ? NaN : weights[laid.index(0, row, column)]), most);
    section.append(el("div", { class: "planes" }, canvas));
    return section;
  }
  const size = Array.from({ length: channels }, (_, c) => weights.slice(c * area, (c + 1) * area).reduce((a, w) => a + w * w, 0));
  const order = size.map((_, c) => c).sort((a, b) => size[b] - size[a]).slice(0, KERNEL_PLANES).sort((a, b) => a - b);
  const planes = order.map((c) => {
    const canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { role: "img", "aria-label": `weights for channel ${c}` }));
    paint(canvas, rows, columns, (row, column) => weights[c * area + row * columns + column], most);
    return el("figure", {}, canvas, el("figcaption", {}, `from ${c}`));
  });
  section.append(el("div", { class: "planes" }, ...planes));
  if (order.length < channels) section.append(el("p", { class: "muted" }, `The ${order.length} strongest of ${channels} planes.`));
  return section;
}

/** What excites a channel most, where that is known. @param {Network} network @param {string} name @param {number} channel */
function examples(network, name, channel) {
  const found = network.facts.examples[name]?.[String(channel)] ?? [];
  if (!found.length) return el("span");
  const tiles = found.map(({ picture, text }) => el("figure", {}, el("img", { src: picture, alt: text }), el("figcaption", {}, text)));
  return el("section", { class: "examples" }, el("h4", { class: "part" }, `What excites channel ${channel} most`), el("div", { class: "planes" }, ...tiles));
}

/** Down to the pixels and up to the answer, when asked. @param {Network} network @param {string} name @param {number} index */
function ways(network, name, index) {
  const below = el("details", {}, el("summary", {}, "Down to a pixel, by what decides"));
  once(below, async () => downward(network, await down(network, name, index)));
  const above = el("details", {}, el("summary", {}, "Up to the answer, by influence"));
  once(above, async () => upward(network, name, index));
  return [below, above];
}

/** @param {HTMLElement} details @param {() => Promise<HTMLElement>} make */
function once(details, make) {
  let asked = false;
  details.addEventListener("toggle", async () => {
    if (asked) return;
    asked = true;
    const waiting = el("p", { role: "status" }, "Working it out …");
    details.append(waiting);
    waiting.replaceWith(await make());
  });
}

/** @param {Network} network @param {Arithmetic[]} steps */
function downward(network, steps) {
  const items = steps.map((step) => el("li", {}, link(network, step.value, step.index, `${labelled(network, step.value, step.index)} = ${figure(step.result)}`), `: ${decisive(step)}`));
  const list = el("ol", { class: "way" }, ...items);
  const last = steps[steps.length - 1];
  if (last.form !== "input") return list;
  const [row, column, channel] = placeOf(last.index, network.shape(last.value));
  const { box, size } = network.facts;
  const [height, width] = network.shape(last.value);
  const x = (/** @type {number} */ at) => (box[0] + (at * (box[2] - box[0])) / width).toFixed(1);
  const y = (/** @type {number} */ at) => (box[1] + (at * (box[3] - box[1])) / height).toFixed(1);
  const colour = ["red", "green", "blue"][channel] ?? "its value";
  const words = `That is ${colour} at x ${x(column)} to ${x(column + 1)}, y ${y(row)} to ${y(row + 1)} of the file's ${size[0]} × ${size[1]} pixels.`;
  return el("div", {}, list, el("p", {}, words));
}

/** @param {Arithmetic} step */
function decisive(step) {
  const found = strongest(step);
  if (!found) return step.rule;
  const { operand, at } = found;
  if (step.form !== "weighted sum" || !operand.weights || step.operands.every((each) => each.numbers.length === 1)) return `${step.kind}: ${step.rule}`;
  const product = `${figure(operand.numbers[at])} × ${figure(operand.weights[at])} = ${figure(products(operand)[at])}`;
  return `${step.kind}: the largest of ${plural(step.operands.reduce((a, each) => a + each.indices.filter((k) => k >= 0).length, 0), "product")} is ${product}`;
}

/** @param {Network} network @param {string} name @param {number} index */
async function upward(network, name, index) {
  const { answer, labels } = network.facts;
  if (!answer) return el("p", {}, "The network gives no answer.");
  if (!network.can(answer)) return notHere(network, name, index);
  const probabilities = await network.numbers(answer);
  const label = name === answer ? index : probabilities.reduce((best, p, k) => (p > probabilities[best] ? k : best), 0);
  const steps = await up(network, name, index, answer, label);
  if (!steps) return notHere(network, name, index);
  if (!steps.length) return el("p", {}, "Nothing above it depends on it here.");
  const rows = steps.map((step) => el("tr", {},
    el("th", { scope: "row" }, link(network, step.value, step.index, textOf(network, step.value, step.index))),
    ...[figure(step.result), figure(step.change), figure(step.influence), step.kind].map((text) => el("td", {}, text))));
  const heads = ["", "is", "changes by", "and the answer by", ""].map((head) => el("th", { scope: "col" }, head));
  const words = `${labels[label] ?? textOf(network, answer, label)}: ${percent(probabilities[label], 1)}. Changes: were the number above it 0; in the answer: that times its gradient.`;
  return el("div", {}, el("div", { class: "scroll" }, el("table", { class: "list" }, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows))), el("p", { class: "muted" }, words));
}

/** @param {Network} network @param {string} name @param {number} index */
function notHere(network, name, index) {
  const command = `${network.facts.command} --value '${textOf(network, name, index)}' --up`;
  return el("p", {}, "The network is too large to be followed up in this page. In a terminal: ", el("code", {}, command));
}
