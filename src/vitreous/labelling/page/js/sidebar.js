/** The labels with their keys and counts, how far it is, and how good the guesses are. */

import { el, the } from "../../../draw/js/dom.js";
import { percent, plural } from "../../../draw/js/words.js";
import { KEYS, keyOf } from "./keys.js";
import {} from "./types.js";

/**
 * @param {import("./types.js").State} state
 * @param {string} guessed  The label that is asked about.
 * @param {{give: (label: string) => void, see: (label: string) => void, rename: (label: string) => void}} on
 */
export function showSidebar(state, guessed, on) {
  the("labels").replaceChildren(
    ...state.labels.map((label, place) => {
      const key = keyOf(place);
      const counts = label.guessed ? `${label.pictures.toLocaleString("en")} + ${label.guessed.toLocaleString("en")}` : label.pictures.toLocaleString("en");
      const meaning = `${plural(label.pictures, "picture")} with this label, ${label.guessed.toLocaleString("en")} more guessed`;
      const use = el(
        "button",
        { type: "button", class: `use${label.name === guessed ? " guessed" : ""}`, title: `${label.name}: ${meaning}`, click: () => on.give(label.name) },
        ...(key ? [el("kbd", {}, key)] : []),
        el("span", { class: "text" }, label.name),
        el("span", { class: "count", "aria-label": meaning }, counts),
      );
      const see = el("button", { type: "button", class: "see", "aria-label": `See the pictures of ${label.name}`, title: "see its pictures", click: () => on.see(label.name) }, "◫");
      const rename = el("button", { type: "button", "aria-label": `Rename ${label.name}`, title: "rename, or put together with another", click: () => on.rename(label.name) }, "✎");
      return el("li", {}, use, see, rename);
    }),
  );
  the("counts").hidden = !state.labels.some((label) => label.guessed);
  the("how-far").textContent = `${state.labelled.toLocaleString("en")} labelled · ${state.open.toLocaleString("en")} open${state.aside ? ` · ${state.aside} aside` : ""}`;
  const bar = /** @type {HTMLProgressElement} */ (the("bar"));
  bar.max = Math.max(1, state.pictures);
  bar.value = state.labelled + state.aside;
  the("estimate").textContent = estimate(state);
  the("advice").textContent = state.advice;
  the("advice").hidden = !state.advice;
  the("lost").hidden = !state.unsaved;
  if (state.unsaved) the("lost").textContent = `The table is behind: ${state.unsaved}. The steps are in the journal; the table is written again with the next one.`;
}

/** @param {import("./types.js").State} state */
function estimate(state) {
  const found = state.estimate;
  if (!found) return "How good the guesses are is said from 20 labelled pictures with two labels on.";
  const [share, low, high] = [found.accuracy, ...found.interval].map(percent);
  return `Guesses: ${share} right (${low} to ${high}), on ${plural(found.pictures, "labelled picture")}, each guessed without having been learned from.`;
}

/** The list of keys. */
export function showKeys() {
  the("keys").replaceChildren(...KEYS.flatMap(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)]));
}
