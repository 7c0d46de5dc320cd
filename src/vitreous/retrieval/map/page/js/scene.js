/** The map as it is drawn: dots, small pictures where there is room, names of clusters, what is chosen and its nearest. */

import { Camera } from "./camera.js";
import { the } from "../../../../draw/js/dom.js";
import { cssOf, drawDots, inkOf, legible, mixed } from "./dots.js";
import { count, facts, isOutlier, nearOf, xy } from "./pictures.js";
import { roomOf } from "./room.js";
import { state } from "./state.js";
import { drawTile } from "./tiles.js";

const MOST_RATIO = 2; // pixels to a CSS pixel: more cost time and are not seen
const DIMMED = 36; // of 255

export const camera = new Camera();
const canvas = /** @type {HTMLCanvasElement} */ (the("map"));
const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
const room = roomOf(Math.max(camera.box.x1 - camera.box.x0, camera.box.y1 - camera.box.y0, 1e-9));
const inks = new Uint32Array(count);
const order = new Uint32Array(count);
const isDim = new Uint8Array(count);
/** @type {ImageData} */
let image = new ImageData(1, 1);
let ratio = 1;
let paper = "#ffffff";
let ink = "#000000";
/** The colour of each key of the legend as it is drawn. @type {string[]} */
export let keyColours = [];
/** What the reader is drawing around, in CSS pixels. @type {number[][]} */
export const outline = [];
/** Small pictures as they lie in the window, for the pointer: number, x, y, size. @type {[number, number, number, number][]} */
export let shownTiles = [];

/** After the window or the colours of the page have changed. */
export function measure() {
  const box = canvas.getBoundingClientRect();
  ratio = Math.min(MOST_RATIO, devicePixelRatio || 1);
  canvas.width = Math.max(1, Math.round(box.width * ratio));
  canvas.height = Math.max(1, Math.round(box.height * ratio));
  image = new ImageData(canvas.width, canvas.height);
  camera.resize(box.width, box.height);
  const style = getComputedStyle(document.documentElement);
  paper = style.getPropertyValue("--background").trim();
  ink = style.getPropertyValue("--ink").trim();
  colour();
}

/** After what is chosen, searched or coloured has changed. */
export function colour() {
  const { keys, of } = state.colouring;
  const full = keys.map((key) => legible(inkOf(key.colour), inkOf(paper), inkOf(ink)));
  keyColours = full.map(cssOf);
  const dim = full.map((each) => mixed(inkOf(paper), each, DIMMED));
  const narrowed = state.selected.includes(1);
  let first = 0;
  let last = count;
  for (let k = count - 1; k >= 0; k--) {
    const away = (narrowed && !state.selected[k]) || (state.found && !state.found[k]) || (state.key >= 0 && of[k] !== state.key);
    isDim[k] = away ? 1 : 0;
    inks[k] = away ? dim[of[k]] : full[of[k]];
    if (away) order[first++] = k;
    else order[--last] = k;
  }
}

export function draw() {
  const radius = radiusOfDots();
  drawDots(image, camera, ratio, radius, inkOf(paper), inks, order);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.putImageData(image, 0, 0);
  drawAbove(radius);
}

/** The same in dark ink on white. A browser prints what was drawn since it asked, and leaves out pixels that were put: they come by way of a canvas of their own. */
export function drawOnPaper() {
  [paper, ink] = ["#ffffff", "#000000"];
  colour();
  const radius = radiusOfDots();
  drawDots(image, camera, ratio, radius, inkOf(paper), inks, order);
  const dots = document.createElement("canvas");
  dots.width = image.width;
  dots.height = image.height;
  dots.getContext("2d")?.putImageData(image, 0, 0);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(dots, 0, 0);
  drawAbove(radius);
}

function radiusOfDots() {
  return Math.min(6, Math.max(count > 5000 ? 1.6 : 2.4, 2.4 * camera.zoom ** 0.3));
}

/** @param {number} radius  Of the dots. */
function drawAbove(radius) {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  shownTiles = [];
  if (state.withPictures) drawPictures();
  ringOutliers(radius);
  drawNames();
  drawChosen();
  drawOutline();
}

/** The side of a small picture in the window, and the room that it needs: much at first, so that dots are seen between. */
function tileSize() {
  const size = Math.min(Math.max(facts.side, 72), 30 * Math.max(1, camera.zoom) ** 0.42);
  return { size, needs: size * Math.max(1.1, 2.6 - 0.5 * Math.max(0, camera.zoom - 1)) };
}

function drawPictures() {
  const { size, needs } = tileSize();
  const least = needs / camera.scale;
  for (let k = 0; k < count; k++) {
    if (room[k] < least || isDim[k]) continue;
    const x = camera.screenX(xy[2 * k]) - size / 2;
    const y = camera.screenY(xy[2 * k + 1]) - size / 2;
    if (x < -size || y < -size || x > camera.width || y > camera.height) continue;
    drawFramed(k, x, y, size);
  }
}

/** @param {number} k @param {number} x @param {number} y @param {number} size */
function drawFramed(k, x, y, size) {
  context.fillStyle = keyColours[state.colouring.of[k]];
  context.fillRect(x - 2, y - 2, size + 4, size + 4);
  if (drawTile(context, k, x, y, size)) shownTiles.push([k, x, y, size]);
}

/** Outliers have a ring, so that they are not told by colour. @param {number} radius */
function ringOutliers(radius) {
  const tiled = new Set(shownTiles.map(([k]) => k));
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.beginPath();
  for (const k of facts.outliers) {
    if (isDim[k] || !isOutlier[k] || tiled.has(k)) continue;
    const [x, y] = [camera.screenX(xy[2 * k]), camera.screenY(xy[2 * k + 1])];
    if (x < 0 || y < 0 || x > camera.width || y > camera.height) continue;
    context.moveTo(x + radius + 2.5, y);
    context.arc(x, y, radius + 2.5, 0, 7);
  }
  context.stroke();
}

/** Of clusters that would cover each other the larger one is named. */
function drawNames() {
  /** @type {number[][]} */
  const taken = [];
  context.font = "600 13px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "top";
  context.lineJoin = "round";
  const below = state.withPictures ? tileSize().size / 2 + 4 : 6;
  for (const cluster of facts.clusters) {
    const k = cluster.typical[0];
    const [x, y] = [camera.screenX(xy[2 * k]), camera.screenY(xy[2 * k + 1]) + below];
    const name = cluster.name.length > 26 ? `${cluster.name.slice(0, 25)}…` : cluster.name;
    const half = context.measureText(name).width / 2 + 4;
    if (x + half < 0 || x - half > camera.width || y < -20 || y > camera.height) continue;
    if (taken.some(([tx, ty, th]) => Math.abs(tx - x) < th + half && Math.abs(ty - y) < 18)) continue;
    taken.push([x, y, half]);
    context.lineWidth = 4;
    context.strokeStyle = paper;
    context.strokeText(name, x, y);
    context.fillStyle = ink;
    context.fillText(name, x, y);
  }
}

/** The picture that is told of, large, with lines to its nearest. */
function drawChosen() {
  const k = state.hovered >= 0 ? state.hovered : state.chosen;
  if (k < 0) return;
  const [x, y] = [camera.screenX(xy[2 * k]), camera.screenY(xy[2 * k + 1])];
  context.strokeStyle = ink;
  context.lineWidth = 1.2;
  context.beginPath();
  for (let n = 0; n < facts.near; n++) {
    const other = nearOf[k * facts.near + n];
    const [ox, oy] = [camera.screenX(xy[2 * other]), camera.screenY(xy[2 * other + 1])];
    context.moveTo(x, y);
    context.lineTo(ox, oy);
    context.moveTo(ox + 4, oy);
    context.arc(ox, oy, 4, 0, 7);
  }
  context.stroke();
  const size = Math.max(48, tileSize().size + 8);
  context.fillStyle = ink;
  context.fillRect(x - size / 2 - 3, y - size / 2 - 3, size + 6, size + 6);
  drawTile(context, k, x - size / 2, y - size / 2, size);
}

function drawOutline() {
  if (outline.length < 2) return;
  context.beginPath();
  outline.forEach(([x, y], n) => (n ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
  context.fillStyle = `${ink}22`;
  context.fill();
  context.setLineDash([6, 4]);
  context.strokeStyle = ink;
  context.lineWidth = 1.5;
  context.stroke();
  context.setLineDash([]);
}
