/** Mouse, touch and keyboard on the map: move, zoom, hover, choose, draw around. */

import { the } from "../../../../draw/js/dom.js";
import { pictureAt, picturesInside } from "./finding.js";
import { camera, outline } from "./scene.js";
import { changed, choose, select, state } from "./state.js";

const surface = /** @type {HTMLCanvasElement} */ (the("map"));
const TAP = 6; // CSS pixels that a finger may slip
/** Pointers that are down. @type {Map<number, { x: number, y: number }>} */
const down = new Map();
let slipped = 0;
let drawing = false;
let more = false;

export function listen() {
  surface.addEventListener("pointerdown", press);
  surface.addEventListener("pointermove", move);
  for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) surface.addEventListener(name, lift);
  surface.addEventListener("pointerleave", () => hover(-1));
  surface.addEventListener("wheel", wheel, { passive: false });
  surface.addEventListener("dblclick", (event) => zoom(event.shiftKey ? 0.5 : 2, ...placeOf(event)));
  surface.addEventListener("keydown", key);
}

/** @param {number} factor @param {number} [x] @param {number} [y] */
export function zoom(factor, x = camera.width / 2, y = camera.height / 2) {
  camera.zoomAt(factor, x, y);
  changed("place");
}

/** @param {MouseEvent} event @returns {[number, number]} */
function placeOf(event) {
  const box = surface.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

/** @param {PointerEvent} event */
function press(event) {
  if (event.button > 0) return;
  surface.setPointerCapture(event.pointerId);
  const [x, y] = placeOf(event);
  down.set(event.pointerId, { x, y });
  if (down.size === 1) {
    slipped = 0;
    drawing = state.mode !== "move" || event.shiftKey;
    more = event.ctrlKey || event.metaKey;
    outline.length = 0;
    if (drawing) outline.push([x, y]);
    surface.classList.toggle("moving", !drawing);
  } else {
    drawing = false; // the second finger is there to zoom
    outline.length = 0;
    slipped = TAP + 1;
  }
}

/** @param {PointerEvent} event */
function move(event) {
  const [x, y] = placeOf(event);
  const before = down.get(event.pointerId);
  if (!before) {
    if (event.pointerType === "mouse") hover(pictureAt(x, y), x, y);
    return;
  }
  slipped += Math.hypot(x - before.x, y - before.y);
  if (down.size === 2) pinch(event.pointerId, x, y);
  else if (drawing) extend(x, y);
  else if (slipped > TAP) {
    camera.move(x - before.x, y - before.y);
    hover(-1);
  } else return; // a finger that trembles
  down.set(event.pointerId, { x, y });
  changed("place");
}

/** @param {number} id @param {number} x @param {number} y */
function pinch(id, x, y) {
  const [moving, other] = [down.get(id), [...down].find(([each]) => each !== id)?.[1]];
  if (!moving || !other) return;
  const before = Math.max(1, Math.hypot(moving.x - other.x, moving.y - other.y));
  const after = Math.max(1, Math.hypot(x - other.x, y - other.y));
  camera.move((x - moving.x) / 2, (y - moving.y) / 2);
  camera.zoomAt(after / before, (x + other.x) / 2, (y + other.y) / 2);
}

/** @param {number} x @param {number} y */
function extend(x, y) {
  const [fx, fy] = outline[0];
  if (state.mode === "lasso") outline.push([x, y]);
  else outline.splice(1, 3, [x, fy], [x, y], [fx, y]);
}

/** @param {PointerEvent} event */
function lift(event) {
  const last = down.get(event.pointerId);
  down.delete(event.pointerId);
  surface.classList.remove("moving");
  if (!last || down.size) return;
  if (event.type === "pointerup") {
    if (slipped <= TAP) choose(pictureAt(last.x, last.y));
    else if (drawing && outline.length > 2) select(picturesInside(outline), more);
  }
  drawing = false;
  outline.length = 0;
  changed("place");
}

/** @param {WheelEvent} event */
function wheel(event) {
  event.preventDefault();
  const step = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1);
  zoom(2 ** (-Math.max(-240, Math.min(240, step)) / (event.ctrlKey ? 80 : 240)), ...placeOf(event));
}

/** @param {number} k @param {number} [x] @param {number} [y] */
function hover(k, x = 0, y = 0) {
  surface.dataset["x"] = String(x);
  surface.dataset["y"] = String(y);
  if (k === state.hovered && k < 0) return;
  state.hovered = k;
  changed("hovered");
}

/** @param {KeyboardEvent} event */
function key(event) {
  const step = event.shiftKey ? 200 : 50;
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowLeft: () => camera.move(step, 0),
    ArrowRight: () => camera.move(-step, 0),
    ArrowUp: () => camera.move(0, step),
    ArrowDown: () => camera.move(0, -step),
    "+": () => zoom(1.4),
    "=": () => zoom(1.4),
    "-": () => zoom(1 / 1.4),
    0: () => camera.fit(camera.box),
    Enter: () => choose(pictureAt(camera.width / 2, camera.height / 2)),
    Escape: () => {
      choose(-1);
      select([], false);
    },
  };
  const action = keys[event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  action();
  changed("place");
}
