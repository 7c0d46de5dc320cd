/** A grid of pictures of which each belongs or does not. */

import { el } from "../../../draw/js/dom.js";
import { at } from "./talking.js";
import {} from "./types.js";

/** Draw the pictures; those of `left` do not belong. @param {HTMLElement} place @param {import("./types.js").View} view @param {Set<number>} left @param {() => void} changed */
export function showGrid(place, view, left, changed) {
  const tiles = el("div", { class: "tiles", role: "group", "aria-label": "Pictures" });
  for (const picture of view.pictures) tiles.append(tile(picture, view, left, changed));
  place.replaceChildren(tiles);
  if (view.more) place.append(el("p", { class: "muted" }, `and ${view.more.toLocaleString("en")} more, after these`));
}

/** @param {import("./types.js").Picture} picture @param {import("./types.js").View} view @param {Set<number>} left @param {() => void} changed */
function tile(picture, view, left, changed) {
  const other = view.mode === "label" || view.mode === "aside" ? picture.guess !== view.label : false;
  const under = view.mode === "groups" || other ? picture.guess ?? "" : picture.name.split("/").pop() ?? "";
  const button = el(
    "button",
    { type: "button", class: "tile", "aria-pressed": !left.has(picture.number) + "", "data-number": picture.number, title: picture.name },
    el("img", { src: at(`/small/${picture.number}`), alt: picture.name, loading: "lazy", draggable: "false" }),
    ...(under ? [el("span", { class: "under" }, under)] : []),
  );
  if (picture.copies) {
    button.classList.add("copies");
    button.dataset.copies = `×${picture.copies + 1}`;
  }
  button.addEventListener("click", () => {
    if (left.has(picture.number)) left.delete(picture.number);
    else left.add(picture.number);
    button.setAttribute("aria-pressed", `${!left.has(picture.number)}`);
    changed();
  });
  return button;
}

/** Move the focus by arrow keys. @param {HTMLElement} place @param {string} key @returns {boolean} whether it was an arrow */
export function moveFocus(place, key) {
  const tiles = /** @type {HTMLElement[]} */ ([...place.querySelectorAll(".tile")]);
  if (!tiles.length || !/^Arrow/.test(key)) return false;
  const now = tiles.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const columns = tiles.filter((each) => each.offsetTop === tiles[0].offsetTop).length;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key] ?? 0;
  const next = now < 0 ? 0 : Math.min(tiles.length - 1, Math.max(0, now + step));
  tiles[next].focus();
  return true;
}

/** The picture under the focus, or -1. @param {HTMLElement} place */
export function focused(place) {
  const active = document.activeElement;
  return active instanceof HTMLElement && place.contains(active) && active.dataset.number ? Number(active.dataset.number) : -1;
}
