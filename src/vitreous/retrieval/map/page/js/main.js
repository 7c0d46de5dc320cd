/** The map: what changes is drawn in the next frame, and told beside it. */

import { el, the } from "../../../../draw/js/dom.js";
import { plural, visible } from "../../../../draw/js/words.js";
import { picturesNamed } from "./finding.js";
import { listen, zoom } from "./gestures.js";
import { fill, open, tellLegend, tellPicture, tellSelection, words } from "./panel.js";
import { count, facts } from "./pictures.js";
import { camera, colour, draw, drawOnPaper, measure } from "./scene.js";
import { changed, choices, onChange, select, selectedNumbers, state } from "./state.js";
import { onMorePictures, tileOf } from "./tiles.js";

const map = the("map");
const search = /** @type {HTMLInputElement} */ (the("search"));
const colours = /** @type {HTMLSelectElement} */ (the("colour"));
let frameAsked = false;

measure();
fill();
listen();
open("legend");
for (const name of Object.keys(choices)) colours.append(el("option", { value: name }, name));
colours.addEventListener("change", () => {
  state.colouring = choices[colours.value]();
  state.key = -1;
  changed("colouring");
});
the("pictures").addEventListener("change", (event) => {
  state.withPictures = /** @type {HTMLSelectElement} */ (event.target).value === "room";
  changed("pictures");
});
for (const each of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-mode]"))) {
  each.addEventListener("click", () => {
    state.mode = /** @type {"move" | "rectangle" | "lasso"} */ (each.dataset["mode"]);
    changed("mode");
  });
}
the("nearer").addEventListener("click", () => zoom(1.6));
the("farther").addEventListener("click", () => zoom(1 / 1.6));
the("whole").addEventListener("click", () => {
  camera.fit(camera.box);
  changed("place");
});
search.addEventListener("input", () => {
  state.found = picturesNamed(search.value);
  changed("found");
});
search.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !state.found) return;
  const found = [...state.found.keys()].filter((k) => state.found?.[k]);
  select(found, false);
  camera.fitPictures(found);
  open("selection");
  changed("place");
});
new ResizeObserver(again).observe(the("stage"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  if (colours.value === "right or wrong") state.colouring = choices[colours.value]();
  again();
  tellLegend();
});
addEventListener("beforeprint", () => {
  measure();
  drawOnPaper();
  tellLegend();
});
addEventListener("afterprint", () => {
  again();
  tellLegend();
});
onMorePictures(drawSoon);
onChange((what) => {
  if (what === "selected" || what === "found" || what === "colouring") colour();
  if (what === "hovered") tellCard();
  if (what === "colouring") tellLegend();
  if (what === "selected") tellSelection();
  if (what === "selected" && state.selected.includes(1)) open("selection");
  if (what === "chosen") {
    tellPicture();
    if (state.chosen >= 0) open("picture");
  }
  if (what === "mode") {
    map.classList.toggle("drawing", state.mode !== "move");
    for (const each of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-mode]")))
      each.setAttribute("aria-pressed", String(each.dataset["mode"] === state.mode));
  }
  if (what === "selected" || what === "found") tellStatus();
  drawSoon();
});
draw();
document.body.dataset["ready"] = "yes";

function again() {
  measure();
  drawSoon();
}

/** Once in the next frame, however often it is asked for. */
function drawSoon() {
  if (frameAsked) return;
  frameAsked = true;
  requestAnimationFrame(() => {
    frameAsked = false;
    draw();
  });
}

function tellStatus() {
  const parts = [];
  if (state.found) parts.push(`${plural(state.found.reduce((sum, each) => sum + each, 0), "picture")} found`);
  const selected = selectedNumbers().length;
  if (selected) parts.push(`${selected.toLocaleString("en")} of ${count.toLocaleString("en")} selected`);
  the("status").textContent = parts.join(", ");
}

/** The card beside the pointer. */
function tellCard() {
  const [card, k] = [the("card"), state.hovered];
  card.hidden = k < 0;
  if (k < 0) return;
  card.replaceChildren(tileOf(k, Math.max(facts.side, 112)), ...words(k, false));
  const [x, y] = [Number(map.dataset["x"]), Number(map.dataset["y"])];
  const box = card.getBoundingClientRect();
  card.style.left = `${x + 18 + box.width < camera.width ? x + 18 : Math.max(4, x - box.width - 18)}px`;
  card.style.top = `${Math.max(4, Math.min(y + 14, camera.height - box.height - 4))}px`;
  card.setAttribute("aria-label", visible(facts.paths[k]));
}
