/** What the reader has chosen, and who wants to know when it changes. */

import { colourings } from "./colouring.js";
import { count } from "./pictures.js";

/** @typedef {import("./types.js").Colouring} Colouring */

export const choices = colourings();

export const state = {
  /** Under the pointer, and chosen to be told of; −1: none. */
  hovered: -1,
  chosen: -1,
  selected: new Uint8Array(count),
  /** What the search has found; null where nothing is searched. @type {Uint8Array | null} */
  found: null,
  /** The only key of the legend that is shown in full; −1: all. */
  key: -1,
  /** @type {"move" | "rectangle" | "lasso"} */
  mode: "move",
  withPictures: true,
  /** @type {Colouring} */
  colouring: Object.values(choices)[0](),
};

/** @type {((what: string) => void)[]} */
const listeners = [];

/** @param {(what: string) => void} listener */
export function onChange(listener) {
  listeners.push(listener);
}

/** @param {"hovered" | "chosen" | "selected" | "found" | "colouring" | "mode" | "pictures" | "place"} what */
export function changed(what) {
  for (const listener of listeners) listener(what);
}

/** @param {Iterable<number>} numbers @param {boolean} more  Beside those that are selected already. */
export function select(numbers, more) {
  if (!more) state.selected.fill(0);
  for (const k of numbers) state.selected[k] = 1;
  changed("selected");
}

export function selectedNumbers() {
  const found = [];
  for (let k = 0; k < count; k++) if (state.selected[k]) found.push(k);
  return found;
}

/** @param {number} k */
export function choose(k) {
  state.chosen = k;
  changed("chosen");
}
