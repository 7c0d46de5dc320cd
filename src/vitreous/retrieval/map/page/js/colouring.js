/** What the colours of the dots tell: label, split, cluster, the run's answer, right or wrong, copies. */

import { answerOf, clusterOf, count, facts, isRight, labelOf, splitOf } from "./pictures.js";
import { visible } from "../../../../draw/js/words.js";

/** @typedef {import("./types.js").Colouring} Colouring */
/** @typedef {import("./types.js").Key} Key */

const GREY = "#8a929c";
// Colours differ for so many names; the others share grey.
const MOST = 21;

/** Whatever can be told, by the name under which it is chosen; the first is shown at first. @returns {Record<string, () => Colouring>} */
export function colourings() {
  /** @type {Record<string, () => Colouring>} */
  const found = {};
  if (facts.labels.some((each) => each)) found["label"] = () => byName("Label", labelOf, facts.labels, facts.colours.label, "no label");
  found["cluster"] = () => byCluster();
  if (facts.splits.some((each) => each)) found["split"] = () => byName("Split", splitOf, facts.splits, facts.colours.split, "in no part");
  if (answerOf) found["answer of the run"] = () => byName("Answer of the run", /** @type {Uint32Array} */ (answerOf), facts.answers, facts.colours.answer, "");
  if (facts.judged) found["right or wrong"] = () => byRight();
  if (facts.copies.length) found["copies"] = () => byCopies();
  return found;
}

/**
 * The most frequent names have colours of their own.
 * @param {string} title @param {Uint32Array} of @param {string[]} names @param {Record<string, string>} colours @param {string} none
 * @returns {Colouring}
 */
function byName(title, of, names, colours, none) {
  const counts = countsOf(of, names.length);
  const order = names.map((_, k) => k).sort((a, b) => counts[b] - counts[a] || a - b);
  const own = order.length > MOST + 1 ? order.slice(0, MOST) : order;
  const place = new Uint32Array(names.length).fill(own.length);
  own.forEach((k, at) => (place[k] = at));
  const keys = own.map((k) => ({ name: visible(names[k]) || none, colour: names[k] ? (colours[names[k]] ?? GREY) : GREY, count: counts[k] }));
  const rest = order.slice(own.length).reduce((sum, k) => sum + counts[k], 0);
  if (rest) keys.push({ name: `${order.length - own.length} others`, colour: GREY, count: rest });
  return { title, keys, of: Uint32Array.from(of, (k) => place[k]) };
}

/** @returns {Colouring} */
function byCluster() {
  const keys = facts.clusters.map((each, k) => ({ name: each.name, colour: facts.colours.cluster[k], count: each.size }));
  return { title: "Cluster", keys, of: clusterOf };
}

/** @returns {Colouring} */
function byRight() {
  const style = getComputedStyle(document.documentElement);
  const of = Uint32Array.from({ length: count }, (_, k) => ({ true: 0, false: 1, null: 2 })[String(isRight(k))] ?? 2);
  const counts = countsOf(of, 3);
  const colours = [style.getPropertyValue("--right").trim(), style.getPropertyValue("--wrong").trim(), GREY];
  const keys = ["right", "wrong", "no label"].map((name, k) => ({ name, colour: colours[k], count: counts[k] }));
  return { title: "The run's answer is", keys: counts[2] ? keys : keys.slice(0, 2), of };
}

/** @returns {Colouring} */
function byCopies() {
  const of = new Uint32Array(count).fill(2);
  for (const group of facts.copies) {
    of[group.keep] = 0;
    for (const k of group.others) of[k] = 1;
  }
  const counts = countsOf(of, 3);
  const keys = ["keep", "a copy of it", "no copies"].map((name, k) => ({ name, colour: ["#0072b2", "#d55e00", GREY][k], count: counts[k] }));
  return { title: "Copies", keys, of };
}

/** @param {Uint32Array} of @param {number} length */
function countsOf(of, length) {
  const counts = /** @type {number[]} */ (new Array(length).fill(0));
  for (const k of of) counts[k]++;
  return counts;
}
