/** Maps as pictures: where the numbers of a value lie, their colours, and a canvas for them that follows light and dark. */

import { placeOf, indexOf, sizeOf } from "./figures.js";

/** @typedef {import("./network.js").Network} Network */

/**
 * How a value is laid out for showing: channels of rows and columns. Flat values are folded into one map.
 * @typedef {object} Layout
 * @property {number} channels
 * @property {number} rows
 * @property {number} columns
 * @property {boolean} folded
 * @property {(channel: number, row: number, column: number) => number} index  −1 behind the end of a folded value.
 * @property {(index: number) => [number, number, number]} place  Channel, row, column.
 */

/**
 * @param {Network} network
 * @param {string} name
 * @returns {Layout}
 */
export function layoutOf(network, name) {
  return layout(network.shape(name), network.facts.axes[name]);
}

/**
 * @param {readonly number[]} shape
 * @param {[number, number]} [axes]
 * @returns {Layout}
 */
export function layout(shape, axes) {
  const size = sizeOf(shape);
  const [rowAxis, columnAxis] = axes ?? [shape.length - 2, shape.length - 1];
  if (shape.length < 2 || shape.length > 3 || shape[rowAxis] * shape[columnAxis] === 1) {
    const columns = size <= 16 ? size : Math.ceil(Math.sqrt(1.6 * size));
    return {
      channels: 1, rows: Math.ceil(size / columns), columns, folded: true,
      index: (_, row, column) => (row * columns + column < size ? row * columns + column : -1),
      place: (index) => [0, Math.floor(index / columns), index % columns],
    };
  }
  const channelAxis = [0, 1, 2].find((axis) => axis !== rowAxis && axis !== columnAxis) ?? 0;
  const flat = shape.length === 2;
  return {
    channels: flat ? 1 : shape[channelAxis], rows: shape[rowAxis], columns: shape[columnAxis], folded: false,
    index: (channel, row, column) => {
      const place = new Array(shape.length).fill(0);
      if (!flat) place[channelAxis] = channel;
      place[rowAxis] = row;
      place[columnAxis] = column;
      return indexOf(place, shape);
    },
    place: (index) => {
      const place = placeOf(index, shape);
      return [flat ? 0 : place[channelAxis], place[rowAxis], place[columnAxis]];
    },
  };
}

/** @type {{light: Float32Array, dark: Float32Array} | null} */
let colours = null;
/** @type {Map<HTMLCanvasElement, () => void>} */
const drawn = new Map();
const dark = matchMedia("(prefers-color-scheme: dark)");
const print = matchMedia("print");
for (const media of [dark, print]) {
  media.addEventListener("change", () => {
    for (const [canvas, draw] of drawn) {
      if (canvas.isConnected) draw();
      else drawn.delete(canvas);
    }
  });
}

/** @param {{light: Float32Array, dark: Float32Array}} tables  513 colours each, red, green, blue. */
export function setColours(tables) {
  colours = tables;
}

/**
 * Draws numbers from −most to most, and again whenever light and dark change.
 * @param {HTMLCanvasElement} canvas
 * @param {number} rows
 * @param {number} columns
 * @param {(row: number, column: number) => number} number  NaN where there is none.
 * @param {number} most
 */
export function paint(canvas, rows, columns, number, most) {
  const draw = () => {
    const table = colours && (dark.matches && !print.matches ? colours.dark : colours.light);
    if (!table) return;
    canvas.width = columns;
    canvas.height = rows;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const image = context.createImageData(columns, rows);
    for (let row = 0, at = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, at += 4) {
        const share = number(row, column) / (most || 1);
        if (Number.isNaN(share)) continue; // nothing there: transparent
        const colour = 3 * Math.round((Math.min(Math.max(share, -1), 1) + 1) * 256);
        image.data[at] = table[colour];
        image.data[at + 1] = table[colour + 1];
        image.data[at + 2] = table[colour + 2];
        image.data[at + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
  };
  drawn.set(canvas, draw);
  draw();
}

/**
 * A picture of one or three channels, 0 to 255, [rows, columns, channels].
 * @param {HTMLCanvasElement} canvas
 * @param {readonly number[]} shape
 * @param {Float32Array} numbers
 */
export function paintPicture(canvas, [rows, columns, channels], numbers) {
  canvas.width = columns;
  canvas.height = rows;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(columns, rows);
  for (let k = 0; k < rows * columns; k++) {
    for (let c = 0; c < 3; c++) image.data[4 * k + c] = numbers[k * channels + Math.min(c, channels - 1)];
    image.data[4 * k + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** The largest absolute number. @param {ArrayLike<number>} numbers */
export function mostOf(numbers) {
  let most = 0;
  for (let k = 0; k < numbers.length; k++) if (Math.abs(numbers[k]) > most && Number.isFinite(numbers[k])) most = Math.abs(numbers[k]);
  return most;
}

/**
 * The index of the number of a channel that is farthest from zero.
 * @param {Layout} laid
 * @param {ArrayLike<number>} numbers
 * @param {number} channel
 */
export function peakOf(laid, numbers, channel) {
  let best = laid.index(channel, 0, 0);
  for (let row = 0; row < laid.rows; row++) {
    for (let column = 0; column < laid.columns; column++) {
      const index = laid.index(channel, row, column);
      if (index >= 0 && Math.abs(numbers[index]) > Math.abs(numbers[best])) best = index;
    }
  }
  return best;
}
