/**
 * The page of suspects: one at a time, decided by a key or a touch, kept in the browser, saved as corrections.csv.
 *
 * @typedef {{ at: number, path: string, label: string, copy: boolean }} Near
 * @typedef {{ path: string, cell: string, hash: string, label: string, suggested: string, wrong: string, split: string, missing: string,
 *   nearest: Near[] }} Suspect
 * @typedef {{ name: string, cell: string, key: string }} Label
 * @typedef {{ action: "keep" | "relabel" | "remove", label: string }} Decision
 * @typedef {{ fingerprint: string, labels: Label[], near: { uri: string, missing: string }[], suspects: Suspect[] }} Data
 */

import { el, the } from "../../draw/js/dom.js";
import { visible } from "../../draw/js/words.js";

/** @type {Data} */
const data = JSON.parse(the("data").textContent ?? "");
const { suspects, labels } = data;
const STORED = `vitreous-suspects-${data.fingerprint}`;

/** What is decided, by the suspect's number. @type {Map<number, Decision>} */
const decided = new Map();
/** What was there before each decision, for undo. @type {[number, Decision | undefined][]} */
const before = [];
let at = 0;
let saved = true;
let stored = true;

/** What was decided in this browser before. */
function restore() {
  try {
    const kept = JSON.parse(localStorage.getItem(STORED) ?? "{}");
    const names = new Set(labels.map((label) => label.name));
    suspects.forEach((suspect, number) => {
      const found = kept[`${suspect.hash} ${suspect.path}`];
      if (!found || !["keep", "relabel", "remove"].includes(found.action)) return;
      if (found.action === "relabel" && !names.has(found.label)) return;
      decided.set(number, { action: found.action, label: String(found.label) });
    });
    localStorage.setItem(STORED, JSON.stringify(kept));
  } catch {
    stored = false;
    the("kept").textContent = "This browser keeps nothing here: save before you leave the page.";
  }
}

function store() {
  if (!stored) return;
  /** @type {Record<string, Decision>} */
  const kept = {};
  for (const [number, decision] of decided) kept[`${suspects[number].hash} ${suspects[number].path}`] = decision;
  try {
    localStorage.setItem(STORED, JSON.stringify(kept));
  } catch {
    stored = false;
    the("kept").textContent = "This browser has no more room: save before you leave the page.";
  }
}

/** @param {Decision | undefined} decision */
function words(decision) {
  if (!decision) return "";
  return decision.action === "relabel" ? `→ ${visible(decision.label)}` : decision.action === "keep" ? "kept" : "removed";
}

/** @param {Decision["action"]} action @param {string} label */
function decide(action, label) {
  if (action === "relabel" && label === suspects[at].label) action = "keep";
  before.push([at, decided.get(at)]);
  decided.set(at, { action, label: action === "keep" ? suspects[at].label : action === "remove" ? "" : label });
  saved = false;
  store();
  mark(at);
  go(nextOpen());
}

/** The next that nobody has decided on, or the next. */
function nextOpen() {
  for (let step = 1; step < suspects.length; step++) {
    const number = (at + step) % suspects.length;
    if (!decided.has(number)) return number;
  }
  return Math.min(at + 1, suspects.length - 1);
}

function undo() {
  const last = before.pop();
  if (!last) return;
  const [number, was] = last;
  if (was) decided.set(number, was);
  else decided.delete(number);
  saved = false;
  store();
  mark(number);
  go(number);
}

/** The state of one in the overview. @param {number} number */
function mark(number) {
  const tile = the(`s${number}`);
  const decision = decided.get(number);
  tile.dataset.state = decision ? decision.action : "";
  const state = tile.querySelector(".state");
  if (state) state.textContent = words(decision);
}

/** @param {number} number */
function go(number) {
  the(`s${at}`).removeAttribute("aria-current");
  at = Math.max(0, Math.min(suspects.length - 1, number));
  const suspect = suspects[at];
  const tile = the(`s${at}`);
  tile.setAttribute("aria-current", "true");
  const image = tile.querySelector("img");
  the("picture").replaceChildren(
    image ? el("img", { src: image.src, alt: visible(suspect.path) }) : el("div", { class: "absent" }, visible(suspect.missing)),
  );
  the("where").textContent = `${visible(suspect.path)}${suspect.split ? ` · ${suspect.split}` : ""}`;
  the("wrong").textContent = suspect.wrong;
  the("label").textContent = visible(suspect.label);
  the("suggested").textContent = visible(suspect.suggested);
  the("accept").textContent = visible(suspect.suggested);
  the("stay").textContent = visible(suspect.label);
  const decision = decided.get(at);
  the("decision").textContent = words(decision);
  the("nearest").replaceChildren(...suspect.nearest.map((near) => figure(near, suspect)));
  const chosen = decision && decision.action !== "remove" ? decision.label : "";
  for (const button of the("labels").querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.label === chosen));
  tell();
}

/** @param {Near} near @param {Suspect} suspect */
function figure(near, suspect) {
  const picture = data.near[near.at];
  const side = near.label === suspect.label ? "same" : near.label === suspect.suggested ? "other" : "third";
  return el(
    "figure",
    { class: side, title: visible(near.path) },
    picture.uri ? el("img", { src: picture.uri, alt: "" }) : el("div", { class: "absent" }, visible(picture.missing)),
    el("figcaption", {}, visible(near.label), near.copy ? " (a copy)" : ""),
  );
}

function tell() {
  the("position").textContent = `${at + 1} of ${suspects.length}`;
  the("done").textContent = `${decided.size} decided`;
  the("progress").setAttribute("value", String(decided.size));
  the("undo").toggleAttribute("disabled", before.length === 0);
  the("save").toggleAttribute("disabled", decided.size === 0);
  the("later").textContent = decided.size === suspects.length && !saved ? "All are decided: save corrections.csv." : "";
}

/** A cell of a CSV. @param {string} text */
function quoted(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** corrections.csv of what is decided. */
function table() {
  const cells = new Map(labels.map((label) => [label.name, label.cell]));
  const rows = [...decided]
    .sort(([one], [other]) => one - other)
    .map(([number, decision]) => {
      const suspect = suspects[number];
      return [suspect.cell, decision.action, cells.get(decision.label) ?? "", suspect.hash].map(quoted).join(",");
    });
  return ["path,action,label,hash", ...rows, ""].join("\n");
}

function save() {
  if (!decided.size) return;
  const address = URL.createObjectURL(new Blob([table()], { type: "text/csv" }));
  const link = el("a", { href: address, download: "corrections.csv" });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  saved = true;
  the("later").textContent = "Saved as corrections.csv, where your browser puts downloads.";
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLSelectElement) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const onControl = event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement;
  const label = labels.find((each) => each.key === key);
  if (key === "ArrowRight") go(at + 1);
  else if (key === "ArrowLeft") go(at - 1);
  else if (key === "k") decide("keep", "");
  else if (key === "x" || key === "Delete") decide("remove", "");
  else if (key === "u" || key === "Backspace") undo();
  else if (key === "Enter" && !onControl) decide("relabel", suspects[at].suggested);
  else if (label) decide("relabel", label.name);
  else return;
  event.preventDefault();
}

function build() {
  for (const label of labels.filter((each) => each.key)) {
    const button = el("button", { type: "button", "data-label": label.name }, el("kbd", {}, label.key), ` ${visible(label.name)}`);
    button.addEventListener("click", () => decide("relabel", label.name));
    the("labels").append(button);
  }
  const others = labels.filter((label) => !label.key);
  const select = /** @type {HTMLSelectElement} */ (the("others"));
  select.hidden = others.length === 0;
  others.forEach((label) => select.append(el("option", { value: label.name }, visible(label.name))));
  select.addEventListener("change", () => {
    if (select.value) decide("relabel", select.value);
    select.value = "";
    select.blur();
  });
  the("keep").addEventListener("click", () => decide("keep", ""));
  the("take").addEventListener("click", () => decide("relabel", suspects[at].suggested));
  the("remove").addEventListener("click", () => decide("remove", ""));
  the("undo").addEventListener("click", undo);
  the("previous").addEventListener("click", () => go(at - 1));
  the("next").addEventListener("click", () => go(at + 1));
  the("save").addEventListener("click", save);
  suspects.forEach((_, number) =>
    the(`s${number}`).addEventListener("click", (event) => {
      event.preventDefault();
      go(number);
      the("desk").scrollIntoView({ block: "start" });
    }),
  );
  document.addEventListener("keydown", pressed);
  window.addEventListener("beforeunload", (event) => {
    if (!saved && !stored) event.preventDefault();
  });
}

restore();
build();
the("desk").hidden = false;
suspects.forEach((_, number) => mark(number));
go(Math.max(0, suspects.findIndex((_, number) => !decided.has(number))));
