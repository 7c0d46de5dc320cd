/** What is told beside the map: a picture, the legend, clusters, the selection, copies, outliers. */

import { el, the } from "../../../../draw/js/dom.js";
import { percent, plural, visible } from "../../../../draw/js/words.js";
import { answerOf, apartOf, clusterOf, confidenceOf, count, facts, isOutlier, isRight, label, nearOf, sizeOf, splitOf } from "./pictures.js";
import { copiesCsv, download, selectionCsv } from "./saving.js";
import { camera, keyColours } from "./scene.js";
import { changed, choose, select, selectedNumbers, state } from "./state.js";
import { tileOf } from "./tiles.js";

const TABS = ["picture", "legend", "clusters", "selection", "copies", "outliers"];
const MORE = 60;
const copiesAt = new Map(facts.copies.flatMap((group, n) => [group.keep, ...group.others].map((k) => /** @type {[number, number]} */ ([k, n]))));

/** @param {string} name */
export function open(name) {
  for (const each of TABS) {
    the(each).hidden = each !== name;
    the(`tab-${each}`).setAttribute("aria-selected", String(each === name));
  }
}

export function fill() {
  for (const each of TABS) the(`tab-${each}`).addEventListener("click", () => open(each));
  the("tab-copies").hidden = !facts.copies.length;
  the("tab-outliers").hidden = !facts.outliers.length;
  tellClusters();
  tellCopies();
  tellOutliers();
  tellPicture();
  tellSelection();
  tellLegend();
}

export function tellPicture() {
  const k = state.chosen;
  if (k < 0) {
    the("picture").replaceChildren(el("p", { class: "muted" }, "Choose a picture on the map to see it and its nearest. Drag to move, turn the wheel or pinch to zoom, drag with Shift for a rectangle."));
    return;
  }
  const near = Array.from({ length: facts.near }, (_, n) => nearOf[k * facts.near + n]);
  const group = facts.copies[copiesAt.get(k) ?? -1];
  the("picture").replaceChildren(
    tileOf(k, Math.max(facts.side, 144)),
    ...words(k, true),
    el("div", { class: "row" }, button("Show on the map", () => show([k])), button("Select its cluster", () => select(membersOf(clusterOf[k]), false))),
    ...(near.length ? [el("h2", {}, "Nearest by features"), tiles(near)] : []),
    ...(group ? [el("h2", {}, "Copies of it"), tiles([group.keep, ...group.others], group.keep)] : []),
  );
}

/** Path and whatever is known of a picture. @param {number} k @param {boolean} full */
export function words(k, full) {
  /** @type {[string, string][]} */
  const rows = [];
  if (label(k)) rows.push(["Label", visible(label(k))]);
  const right = isRight(k);
  if (answerOf && confidenceOf) {
    const judged = right === null ? "" : right ? ", right" : ", wrong";
    rows.push(["Answer", `${visible(facts.answers[answerOf[k]])} ${percent(confidenceOf[k])}${judged}`]);
  }
  rows.push(["Cluster", facts.clusters[clusterOf[k]].name]);
  if (full && facts.splits[splitOf[k]]) rows.push(["Part", facts.splits[splitOf[k]]]);
  if (full) rows.push(["Size", `${sizeOf[2 * k]} × ${sizeOf[2 * k + 1]}`]);
  if (isOutlier[k]) rows.push(["Outlier", full ? `mean distance to its nearest ${apartOf[k].toFixed(3)}` : "yes"]);
  const list = el("dl", {}, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", { class: "name" }, value)]));
  return [el("p", { class: "name" }, visible(facts.paths[k])), list];
}

export function tellLegend() {
  const { title, keys } = state.colouring;
  const rows = keys.map((each, n) =>
    el(
      "button",
      { type: "button", class: "key", "aria-pressed": String(state.key === n), click: () => only(state.key === n ? -1 : n) },
      dot(keyColours[n]), el("span", { class: "name" }, each.name), el("span", { class: "count" }, each.count.toLocaleString("en")),
    ),
  );
  the("legend").replaceChildren(
    el("h2", {}, title),
    ...rows,
    el("p", { class: "muted" }, "Choose one to see it alone. A ring marks outliers, which no other picture is like."),
  );
}

/** @param {number} key */
function only(key) {
  state.key = key;
  changed("colouring");
}

function tellClusters() {
  const entries = facts.clusters.map((each, n) => {
    const share = each.label ? `, ${percent(each.share)} ${each.label}` : "";
    const head = button(`${each.name}: ${plural(each.size, "picture")}${share}`, () => {
      const members = membersOf(n);
      select(members, false);
      show(members);
    });
    return () => el("div", { class: "entry" }, head, tiles(each.typical));
  });
  the("clusters").replaceChildren(el("h2", {}, `${plural(facts.clusters.length, "cluster")}, each with its most typical pictures`), little(entries, 20));
}

function tellCopies() {
  const could = facts.copies.reduce((sum, each) => sum + each.others.length, 0);
  const entries = facts.copies.map((group) => () => {
    const all = [group.keep, ...group.others];
    const head = button(`${group.exact ? "The same file" : "Nearly the same"}, ${all.length} times; keep ${visible(facts.paths[group.keep])}`, () => {
      select(all, false);
      show(all);
    });
    return el("div", { class: "entry" }, head, tiles(all, group.keep));
  });
  the("copies").replaceChildren(
    el("h2", {}, `${plural(facts.copies.length, "group")} of copies; ${plural(could, "picture")} could go`),
    el("p", { class: "muted" }, "The one to keep, framed, is the largest; of nearly as large ones the sharpest. Nothing is deleted."),
    el("div", { class: "row" }, button("Save as CSV", () => download(copiesCsv(), "duplicates.csv")), button("Select what could go", () => select(facts.copies.flatMap((each) => each.others), false))),
    little(entries, 20),
  );
}

function tellOutliers() {
  the("outliers").replaceChildren(
    el("h2", {}, plural(facts.outliers.length, "outlier")),
    el("p", { class: "muted" }, "No other picture is like these, the farthest first. Some are mistakes, some are rare."),
    el("div", { class: "row" }, button("Select them", () => select(facts.outliers, false))),
    many(facts.outliers),
  );
}

export function tellSelection() {
  const chosen = selectedNumbers();
  if (!chosen.length) {
    the("selection").replaceChildren(el("p", { class: "muted" }, "Nothing is selected. Choose Rectangle or Lasso and draw around pictures; hold Ctrl to add to what is selected."));
    return;
  }
  /** @type {Map<string, number>} */
  const labels = new Map();
  for (const k of chosen) labels.set(label(k), (labels.get(label(k)) ?? 0) + 1);
  const rows = [...labels].filter(([name]) => name).sort((a, b) => b[1] - a[1]).slice(0, 12);
  the("selection").replaceChildren(
    el("h2", {}, `${plural(chosen.length, "picture")} selected`),
    el(
      "div", { class: "row" },
      button("Save as CSV", () => download(selectionCsv(chosen), "selection.csv")),
      button("Zoom to it", () => show(chosen)),
      button("Turn round", () => select(Array.from({ length: count }, (_, k) => k).filter((k) => !state.selected[k]), false)),
      button("Let go", () => select([], false)),
    ),
    el("dl", {}, ...rows.flatMap(([name, times]) => [el("dt", {}, times.toLocaleString("en")), el("dd", { class: "name" }, visible(name))])),
    many(chosen),
  );
}

/** @param {number} cluster */
function membersOf(cluster) {
  const found = [];
  for (let k = 0; k < count; k++) if (clusterOf[k] === cluster) found.push(k);
  return found;
}

/** Moves the map so that these are seen. @param {number[]} numbers */
function show(numbers) {
  camera.fitPictures(numbers);
  if (numbers.length === 1) choose(numbers[0]);
  changed("place");
}

/** @param {number[]} numbers @param {number} [keep]  The one that is framed. */
function tiles(numbers, keep = -1) {
  const one = (/** @type {number} */ k) => {
    const name = `${visible(facts.paths[k])}${k === keep ? ", to keep" : ""}`;
    return el("button", { type: "button", class: k === keep ? "keep" : "", title: name, "aria-label": name, click: () => pick(k) }, tileOf(k, 58));
  };
  return el("div", { class: "tiles" }, ...numbers.slice(0, MORE).map(one));
}

/** As `tiles`, with more of them when asked for. @param {number[]} numbers */
function many(numbers) {
  const parts = [];
  for (let first = 0; first < numbers.length; first += MORE) parts.push(() => tiles(numbers.slice(first, first + MORE)));
  return little(parts, 1);
}

/** A few entries, and a button for more. @param {(() => HTMLElement)[]} entries @param {number} step */
function little(entries, step) {
  const box = el("div");
  let next = 0;
  const more = button("More", () => add());
  function add() {
    box.append(...entries.slice(next, next + step).map((each) => each()));
    next += step;
    if (next < entries.length) box.append(more);
    else more.remove();
  }
  add();
  return box;
}

/** @param {number} k */
function pick(k) {
  show([k]);
  open("picture");
}

/** @param {string} text @param {() => void} action */
function button(text, action) {
  return el("button", { type: "button", click: action }, text);
}

/** @param {string} colour */
function dot(colour) {
  const found = el("span", { class: "dot" });
  found.style.background = colour;
  return found;
}
