/** A window that moves over a map: which numbers it meets, and which windows meet a number. */

/** @typedef {import("./types.js").Operation} Operation */

/**
 * @typedef {object} Window
 * @property {number} rows  Of the map that it moves over; `columns` alike.
 * @property {number} columns
 * @property {number} high  Of the window.
 * @property {number} wide
 * @property {number} down  The step.
 * @property {number} across
 * @property {number} apart  Dilation, vertically.
 * @property {number} aside  Dilation, horizontally.
 * @property {number} top  Padding.
 * @property {number} left
 */

/**
 * @param {Operation} operation
 * @param {readonly number[]} shape  Of what goes in, [C, H, W].
 * @returns {Window}
 */
export function windowOf(operation, shape) {
  const [high, wide] = operation.window ?? [1, 1];
  const [down, across] = operation.stride ?? [1, 1];
  const [apart, aside] = operation.dilation ?? [1, 1];
  const [top, left] = operation.before ?? [0, 0];
  return { rows: shape[1], columns: shape[2], high, wide, down, across, apart, aside, top, left };
}

/**
 * The number of a map, counted through, that element (u, v) of the window meets at (i, j); −1 in the padding.
 * @param {Window} w
 * @param {number} i
 * @param {number} j
 * @param {number} u
 * @param {number} v
 */
export function met(w, i, j, u, v) {
  const row = w.down * i + w.apart * u - w.top;
  const column = w.across * j + w.aside * v - w.left;
  return row >= 0 && row < w.rows && column >= 0 && column < w.columns ? row * w.columns + column : -1;
}

/**
 * Every window that meets a number of the map: its row and column in the output, of `height` × `width`, and with which element (u, v).
 * @param {Window} w
 * @param {number} row
 * @param {number} column
 * @param {number} height
 * @param {number} width
 * @returns {{i: number, j: number, u: number, v: number}[]}
 */
export function windowsOver(w, row, column, height, width) {
  const found = [];
  for (let u = 0; u < w.high; u++) {
    const i = (row + w.top - w.apart * u) / w.down;
    if (!Number.isInteger(i) || i < 0 || i >= height) continue;
    for (let v = 0; v < w.wide; v++) {
      const j = (column + w.left - w.aside * v) / w.across;
      if (Number.isInteger(j) && j >= 0 && j < width) found.push({ i, j, u, v });
    }
  }
  return found;
}

/**
 * How many numbers a mean divides by at (i, j): those of the map, or with the padding, as far as that reaches.
 * @param {Operation} operation
 * @param {Window} w
 * @param {number} i
 * @param {number} j
 */
export function counted(operation, w, i, j) {
  const [below, behind] = operation.padding_counts ? (operation.behind ?? [0, 0]) : [0, 0];
  const [above, before] = operation.padding_counts ? [w.top, w.left] : [0, 0];
  let rows = 0;
  let columns = 0;
  for (let u = 0; u < w.high; u++) {
    const row = w.down * i + w.apart * u - w.top;
    if (row >= -above && row < w.rows + below) rows += 1;
  }
  for (let v = 0; v < w.wide; v++) {
    const column = w.across * j + w.aside * v - w.left;
    if (column >= -before && column < w.columns + behind) columns += 1;
  }
  return Math.max(1, rows * columns);
}
