/** The page: what is asked now, what the answer is, and what other windows do meanwhile. */

import { el, the } from "../../../draw/js/dom.js";
import { plural } from "../../../draw/js/words.js";
import { say } from "./saying.js";
import { focused, moveFocus, showGrid } from "./grid.js";
import { isTyping, labelOf } from "./keys.js";
import { showKeys, showSidebar } from "./sidebar.js";
import { showSingle } from "./single.js";
import { Lost, WINDOW, ask, at } from "./talking.js";
import {} from "./types.js";

/** @type {import("./types.js").State} */
let state;
/** @type {import("./types.js").View} */
let view;
/** @type {string} The way that was chosen, or "auto". */
let way = "auto";
/** The label that is confirmed or looked at, where one was chosen. */
let chosen = "";
/** @type {Set<number>} Pictures of the grid that do not belong. */
const left = new Set();
/** @type {number[]} Groups that were passed over. */
let passed = [];
/** @type {number[]} Pictures that were passed over. */
let skipped = [];
/** @type {Promise<void>} */
let sending = Promise.resolve();
let waiting = 0;

const WAYS = /** @type {const} */ ([
  ["auto", "Lead me", "A"],
  ["groups", "Groups", "G"],
  ["one", "One by one", "O"],
  ["confirm", "Confirm", "C"],
]);

function asked() {
  return { mode: way, label: chosen, passed, skipped };
}

function pictures() {
  return view.pictures.map((each) => each.number);
}

function draw() {
  const grid = view.mode !== "one";
  const place = the("shown");
  if (grid) showGrid(place, view, left, drawActions);
  else showSingle(place, view.pictures, (label) => give(label));
  drawSidebar();
  drawQuestion();
  drawActions();
}

function drawSidebar() {
  const guess = view.mode === "one" ? (view.pictures[0]?.guess ?? "") : (view.label ?? "");
  showSidebar(state, guess, { give: (label) => give(label), see, rename });
  the("ways").replaceChildren(
    ...WAYS.map(([name, text, key]) =>
      el("button", { type: "button", "aria-current": `${way === name || (way === "auto" && view.mode === name)}`, click: () => go(name) }, text, " ", el("kbd", {}, key)),
    ),
  );
}

function drawQuestion() {
  const count = view.pictures.length;
  const [question, hint] = {
    groups: ["What are these?", "They look alike. Click those that do not belong; then give the rest a label, by its key or by name."],
    one: ["What is this?", "What is asked now teaches most."],
    confirm: [`Are these all ${view.label}?`, "Click those that are not, then confirm the rest."],
    label: [`${view.label ?? ""}: ${plural(count + view.more, "picture")}`, "Those that are least like the others come first. Click what is wrong; then give it another label, or open it again."],
    aside: [`Set aside: ${plural(count + view.more, "picture")}`, "Click what should be asked again."],
  }[view.mode];
  the("question").textContent = count ? question : state.open ? "Nothing to show here." : "Nothing is open.";
  the("hint").textContent = count ? hint : "";
}

function drawActions() {
  const buttons = [];
  const rest = view.pictures.length - left.size;
  const out = left.size ? `, ${left.size} not` : "";
  if (view.mode === "confirm" && view.pictures.length) buttons.push(action(`Yes: ${rest}${out}`, "Enter", confirm, "main"));
  if (view.mode === "groups" && guessOfGroup()) buttons.push(action(`${guessOfGroup()}: ${rest}${out}`, "Enter", confirm, "main"));
  if ((view.mode === "label" || view.mode === "aside") && left.size) buttons.push(action(`Open again: ${left.size}`, "Enter", confirm, "main"));
  if (view.mode === "groups" || view.mode === "one") buttons.push(action("Pass", "S", pass));
  if (view.mode !== "aside" && view.pictures.length) buttons.push(action("Set aside", "X", setAside));
  buttons.push(action("Undo", "Z", () => step({ do: "undo" })));
  if (state.aside && view.mode !== "aside") buttons.push(action(`${state.aside} aside`, "", () => go("aside")));
  const under = el("div", { class: "actions stick" }, ...buttons);
  the("actions").replaceChildren();
  the("shown").querySelector(".stick")?.remove();
  the("shown").append(under);
}

/** @param {string} text @param {string} key @param {() => void} does @param {string} [kind] */
function action(text, key, does, kind = "") {
  return el("button", { type: "button", class: kind, click: does }, text, ...(key ? [" ", el("kbd", {}, key)] : []));
}

/** The label that most pictures of a group are guessed to have, where it is most of them. */
function guessOfGroup() {
  const there = view.pictures.filter((each) => !left.has(each.number) && each.guess);
  const counts = new Map();
  for (const each of there) counts.set(each.guess, (counts.get(each.guess) ?? 0) + 1);
  const [best] = [...counts].sort((a, b) => b[1] - a[1]);
  return best && 2 * best[1] > view.pictures.length - left.size ? best[0] : "";
}

/** Give what is shown a label. @param {string} label */
function give(label) {
  if (!view.pictures.length) {
    if (label.trim()) step({ do: "add", label });
    return;
  }
  if (view.mode === "one") return answerOne({ do: "label", label, how: "one" });
  if (view.mode === "label" || view.mode === "aside") {
    if (!left.size) return say("Click the pictures first that are to have this label.");
    return step({ do: "label", pictures: [...left], label, how: "moved" });
  }
  const own = pictures().filter((each) => !left.has(each));
  const rejected = pictures().filter((each) => left.has(each));
  if (own.length) step({ do: "label", pictures: own, rejected, label, how: view.mode });
  else step({ do: "not", pictures: rejected, label });
}

function confirm() {
  if (view.mode === "one") {
    if (view.pictures[0]?.guess) give(view.pictures[0].guess);
  } else if (view.mode === "confirm") give(view.label ?? "");
  else if (view.mode === "groups" && guessOfGroup()) give(guessOfGroup());
  else if (left.size && view.mode === "label") step({ do: "not", pictures: [...left], label: view.label });
  else if (left.size && view.mode === "aside") step({ do: "open", pictures: [...left] });
}

function setAside() {
  if (!view.pictures.length || view.mode === "aside") return;
  if (view.mode === "one") return answerOne({ do: "aside" });
  const those = view.mode === "groups" && !left.size ? pictures() : [...left];
  if (!those.length) return say("Click the pictures first that are to be set aside.");
  step({ do: "aside", pictures: those });
}

function pass() {
  if (view.mode === "groups" && view.group !== undefined) passed.push(view.group);
  else if (view.mode === "one" && view.pictures.length) skipped.push(view.pictures[0].number);
  else return;
  refresh();
}

/** The picture that is shown is answered; the next one is there at once, and what comes after it when the server has learned. @param {import("./types.js").Step} done */
function answerOne(done) {
  const [now, ...others] = view.pictures;
  if (!now) return;
  view = { ...view, pictures: others };
  draw();
  step({ ...done, pictures: [now.number] });
}

/** Send a step and show what comes next. @param {import("./types.js").Step & {rejected?: number[]}} done */
function step(done) {
  waiting += 1;
  const seen = view.version;
  const body = { pictures: [], ...done, by: WINDOW, since: seen, view: asked() };
  sending = sending.then(async () => {
    try {
      const answer = await ask("/step", {}, body);
      waiting -= 1;
      say(answer.said);
      take(answer);
    } catch (error) {
      waiting -= 1;
      await failed(error);
    }
  });
}

/** @param {any} error */
async function failed(error) {
  say(error.message, true);
  if (error instanceof Lost) lost(error.message);
  else if (!waiting) await refresh();
}

/** @param {{state: import("./types.js").State, view: import("./types.js").View}} answer */
function take(answer) {
  const before = view;
  state = answer.state;
  if (waiting) {
    drawSidebar();
    return;
  }
  view = answer.view;
  if (before && before.mode === "one" && view.mode === "one") keepInSight(before);
  else if (!before || before.mode !== view.mode || pictures().join() !== before.pictures.map((each) => each.number).join()) left.clear();
  draw();
  document.body.dataset.version = `${state.version}`;
}

/** The picture somebody looks at stays where it is, unless it has its label now. @param {import("./types.js").View} before */
function keepInSight(before) {
  const first = before.pictures[0];
  const same = first && view.pictures.find((each) => each.number === first.number);
  if (same) view.pictures = [same, ...view.pictures.filter((each) => each !== same)];
}

async function refresh() {
  const kept = new Set(left);
  const same = view?.mode;
  try {
    take(await ask("/view", { asked: JSON.stringify(asked()) }));
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    say(message, true);
    if (error instanceof Lost) lost(message);
    return;
  }
  if (view.mode === same) for (const number of pictures()) if (kept.has(number)) left.add(number);
  draw();
}

/** @param {string} name @param {string} [label] */
function go(name, label = "") {
  way = name;
  chosen = label;
  passed = [];
  skipped = [];
  left.clear();
  refresh();
}

/** @param {string} label */
function see(label) {
  go("label", label);
}

/** @param {string} label */
function rename(label) {
  const dialog = /** @type {HTMLDialogElement} */ (the("rename"));
  const input = /** @type {HTMLInputElement} */ (the("to"));
  const [name] = dialog.querySelectorAll("b");
  name.textContent = label;
  input.value = label;
  dialog.showModal();
  input.select();
  dialog.onclose = () => {
    if (dialog.returnValue === "ok" && input.value.trim() && input.value !== label) step({ do: "rename", label, to: input.value });
    dialog.returnValue = "";
  };
}

/** @param {number} number */
function large(number) {
  const found = view.pictures.find((each) => each.number === number) ?? view.pictures[0];
  if (!found) return;
  const dialog = /** @type {HTMLDialogElement} */ (the("large"));
  const [image] = dialog.querySelectorAll("img");
  const [name] = dialog.querySelectorAll("p");
  image.src = at(`/whole/${found.number}`);
  image.alt = found.name;
  image.onerror = () => (name.textContent = `${found.name}: the file cannot be shown; it has changed or gone.`);
  name.textContent = found.name;
  dialog.onclick = () => dialog.close();
  dialog.showModal();
}

/** @param {string} text */
function lost(text) {
  the("lost").textContent = text;
  the("lost").hidden = false;
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const dialog = document.querySelector("dialog[open]");
  if (dialog?.id === "large" && (event.key === "v" || event.key === "V")) return /** @type {HTMLDialogElement} */ (dialog).close();
  if (event.key === "Escape" && document.activeElement instanceof HTMLInputElement) document.activeElement.blur();
  if (isTyping()) return;
  const place = the("shown");
  const label = labelOf(event);
  const on = /** @type {Record<string, () => void>} */ ({
    n: () => the("name").focus(), s: pass, x: setAside, z: () => step({ do: "undo" }), y: () => step({ do: "redo" }),
    v: () => large(focused(place)), g: () => go("groups"), o: () => go("one"), c: () => go("confirm"), a: () => go("auto"),
  });
  if (label >= 0) {
    if (state.labels[label]) give(state.labels[label].name);
    else say("There is no label with that key yet: N names one.");
  } else if (event.key === "Enter" && !isOnButton()) {
    confirm();
  } else if (!event.shiftKey && on[event.key.toLowerCase()]) on[event.key.toLowerCase()]();
  else if (!moveFocus(place, event.key)) return;
  event.preventDefault();
}

/** Whether Enter is for the button that has the focus; on a picture of a grid it confirms. */
function isOnButton() {
  const active = document.activeElement;
  return active instanceof HTMLButtonElement && !active.classList.contains("tile");
}

/** What other windows do, and what is found out meanwhile. */
async function listen() {
  for (;;) {
    let news;
    try {
      news = await ask("/state", { since: `${state.tick}` });
    } catch (error) {
      return lost(/** @type {Error} */ (error).message);
    }
    if (news.finished) return over();
    const elsewhere = news.version !== state.version && !waiting;
    state = news;
    if (elsewhere) await refresh();
    else if (!waiting) drawSidebar();
  }
}

function over() {
  document.body.replaceChildren(
    el("main", { class: "over" }, el("h1", {}, "Finished"), el("p", {}, `${state.said} All of it is saved. This window can be closed; vitreous label goes on from here.`)),
  );
}

async function begin() {
  showKeys();
  document.addEventListener("keydown", onKey);
  the("new").addEventListener("submit", (event) => {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (the("name"));
    if (input.value.trim()) give(input.value);
    input.value = "";
    input.blur();
  });
  the("finish").addEventListener("click", async () => {
    await sending;
    await ask("/finish", {}, {}).then(over, (error) => say(error.message, true));
  });
  for (const dialog of document.querySelectorAll("dialog")) dialog.querySelector("button[value=cancel]")?.addEventListener("click", () => dialog.close(""));
  try {
    const first = await ask("/view", { asked: JSON.stringify(asked()) });
    state = first.state;
    take(first);
  } catch (error) {
    return lost(/** @type {Error} */ (error).message);
  }
  if (matchMedia("(min-width: 50rem)").matches) document.querySelector("details")?.setAttribute("open", "");
  document.body.dataset.ready = "true";
  listen();
}

begin();
