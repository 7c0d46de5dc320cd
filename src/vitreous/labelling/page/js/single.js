/** One picture at a time, with what is guessed of it. */

import { el } from "../../../draw/js/dom.js";
import { percent } from "../../../draw/js/words.js";
import { at } from "./talking.js";
import {} from "./types.js";

/** @param {HTMLElement} place @param {import("./types.js").Picture[]} pictures @param {(label: string) => void} give */
export function showSingle(place, pictures, give) {
  const picture = pictures[0];
  if (!picture) {
    place.replaceChildren();
    return;
  }
  const guesses = el("div", { class: "actions" });
  picture.guesses.forEach(([label, share], number) => {
    const text = `${label} ${percent(share)}`;
    const properties = { type: "button", class: number ? "" : "main", click: () => give(label) };
    guesses.append(el("button", properties, text, ...(number ? [] : [" ", el("kbd", {}, "Enter")])));
  });
  const image = /** @type {HTMLImageElement} */ (el("img", { src: at(`/whole/${picture.number}`), alt: picture.name, "data-number": picture.number }));
  image.onerror = () => {
    image.onerror = null; // the file has gone; what the network saw of it is still there
    image.src = at(`/small/${picture.number}`);
  };
  const copies = picture.copies ? `, and ${picture.copies === 1 ? "an exact copy" : `${picture.copies} exact copies`}` : "";
  place.replaceChildren(
    el(
      "div",
      { class: "one" },
      el("figure", {}, image, el("figcaption", {}, picture.name + copies)),
      guesses,
    ),
  );
  for (const next of pictures.slice(1, 4)) new Image().src = at(`/whole/${next.number}`);
}
