/** The page: maps of every stage, and the panel of the number that is asked for. */

import { el, the } from "../../../draw/js/dom.js";
import { asked, hrefOf } from "./address.js";
import { figure, indexOf, numberText, parseNumber, placeOf } from "./figures.js";
import { layoutOf, mostOf, paint, paintPicture, setColours } from "./maps.js";
import { Network } from "./network.js";
import { open } from "./panel.js";
import { read } from "./stored.js";

/** @typedef {import("./types.js").Stage} Stage */

const FIRST = 16;
const MORE = 64;

/** @type {import("./types.js").Facts} */
const facts = JSON.parse(the("facts").textContent ?? "");
const network = new Network(facts);
const narrow = matchMedia("(max-width: 60rem)");
/** @type {HTMLElement | null} */
let cameFrom = null;

setColours({ light: await read(facts.colours.light), dark: await read(facts.colours.dark) });
await showPicture();
addEventListener("hashchange", route);
narrow.addEventListener("change", settle);
the("close").addEventListener("click", close);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && asked()) close();
});
document.body.dataset["ready"] = "yes";
await route();
await showStages();

/** Shows what the address asks for. */
async function route() {
  const wanted = parseNumber(asked());
  settle();
  if (!wanted) return;
  const inPanel = the("panel").contains(document.activeElement);
  if (!inPanel && document.activeElement instanceof HTMLElement) cameFrom = document.activeElement;
  const onMap = document.activeElement instanceof HTMLCanvasElement;
  const { place } = wanted;
  const name = network.has(wanted.name) ? wanted.name : (facts.stages.find((stage) => stage.name === wanted.name)?.value ?? wanted.name);
  const shape = network.shape(name);
  const whole = place.length === shape.length && place.every((at, axis) => at < shape[axis]);
  const channel = place[0] ?? 0;
  try {
    await open(network, name, whole && shape.length ? indexOf(place, shape) : -1, channel < layoutOf(network, name).channels ? channel : 0);
  } catch (error) {
    the("panel-body").replaceChildren(el("p", { class: "warning" }, `This cannot be shown: ${error instanceof Error ? error.message : error}`));
  }
  if (!onMap) document.getElementById("panel-title")?.focus({ preventScroll: !narrow.matches });
}

/** On a narrow screen the panel lies over the page. */
function settle() {
  const shown = asked() !== "";
  the("panel").classList.toggle("shown", shown);
  the("content").toggleAttribute("inert", shown && narrow.matches);
  the("hint").toggleAttribute("hidden", shown);
}

function close() {
  history.pushState(null, "", location.pathname + location.search);
  the("panel-body").replaceChildren();
  settle();
  cameFrom?.focus();
}

async function showPicture() {
  const canvas = /** @type {HTMLCanvasElement} */ (the("picture"));
  paintPicture(canvas, network.shape(facts.picture), await network.numbers(facts.picture));
}

/** One after the other, so that the page is there at once and whole soon after, for paper too. */
async function showStages() {
  for (const [number, stage] of facts.stages.entries()) {
    await showStage(stage, number);
    await new Promise((resolve) => setTimeout(resolve));
  }
  document.body.dataset["whole"] = "yes";
}

/** The strongest maps of a stage, then more of them. @param {Stage} stage @param {number} number */
async function showStage(stage, number) {
  const holder = the(`maps-${number}`);
  const laid = layoutOf(network, stage.value);
  if (laid.folded) return showFlat(stage, holder);
  if (!stage.maps || !stage.channels) return;
  const numbers = await read(facts.arrays[stage.maps]);
  const area = laid.rows * laid.columns;
  const most = mostOf(numbers);
  const row = new Map(stage.channels.map((channel, k) => [channel, k]));
  const order = stage.order.filter((channel) => row.has(channel));
  const grid = el("div", { class: "tiles" });
  holder.append(grid);
  const add = (/** @type {number} */ count) => {
    const shown = grid.childElementCount;
    for (const channel of order.slice(shown, shown + count)) {
      const start = (row.get(channel) ?? 0) * area;
      const canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { "aria-hidden": "true" }));
      paint(canvas, laid.rows, laid.columns, (i, j) => numbers[start + i * laid.columns + j], most);
      const largest = mostOf(numbers.subarray(start, start + area));
      const label = `channel ${channel} of ${stage.name}, largest ${figure(largest, 2)}`;
      grid.append(el("a", { class: "tile", href: hrefOf(numberText(stage.value, [channel])), "aria-label": label }, canvas, el("span", { "aria-hidden": "true" }, String(channel))));
    }
    const left = order.length - grid.childElementCount;
    more.hidden = left <= 0;
    more.textContent = left > MORE ? `The next ${MORE} of ${left.toLocaleString("en")} more maps` : `${left} more maps`;
  };
  const more = el("button", { type: "button", class: "more screen", click: () => add(MORE) });
  holder.append(more);
  add(FIRST);
}

/** A value of single numbers: all of them as one map, the largest as a list. @param {Stage} stage @param {HTMLElement} holder */
async function showFlat(stage, holder) {
  if (!network.can(stage.value) && !stage.maps) return;
  const numbers = stage.maps ? await read(facts.arrays[stage.maps]) : await network.numbers(stage.value);
  const laid = layoutOf(network, stage.value);
  const most = mostOf(numbers);
  const canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { "aria-hidden": "true" }));
  paint(canvas, laid.rows, laid.columns, (i, j) => (laid.index(0, i, j) < 0 ? NaN : numbers[laid.index(0, i, j)]), most);
  const first = numberText(stage.value, placeOf(stage.order[0], network.shape(stage.value)));
  const all = el("a", { class: "tile wide", href: hrefOf(first), "aria-label": `all numbers of ${stage.name}` }, canvas);
  const labels = facts.labels.length === numbers.length && /^(logits|probability|scores)/.test(stage.value) ? facts.labels : null;
  const items = stage.order.slice(0, 8).map((channel) => {
    const text = numberText(stage.value, placeOf(channel, network.shape(stage.value)));
    return el("li", {}, el("a", { href: hrefOf(text) }, labels ? labels[channel] : text), ` ${figure(numbers[channel], 2)}`);
  });
  holder.append(el("div", { class: "flat" }, all, el("ol", { class: "largest" }, ...items)));
}
