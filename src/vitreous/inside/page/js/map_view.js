/** One map, large, to be walked over: by pointer, by arrow keys, by the buttons below it. */

import { el } from "../../../draw/js/dom.js";
import { figure, numberText, placeOf } from "./figures.js";
import { mostOf, paint, paintPicture } from "./maps.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./maps.js").Layout} Layout */

/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export class MapView {
  /**
   * @param {Network} network
   * @param {string} name
   * @param {Layout} laid
   * @param {number} channel
   * @param {(index: number) => void} choose
   */
  constructor(network, name, laid, channel, choose) {
    this.network = network;
    this.name = name;
    this.laid = laid;
    this.channel = channel;
    this.choose = choose;
    this.row = 0;
    this.column = 0;
    this.canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { tabindex: 0, role: "application", "aria-label": this.label(), "aria-describedby": "how-to-walk" }));
    this.cursor = el("span", { class: "cursor", "aria-hidden": "true" });
    this.readout = el("p", { class: "readout", "aria-live": "polite" });
    this.frame = el("div", { class: "walk" }, this.canvas, this.cursor);
    this.element = el("div", { class: "map-view" }, this.frame, this.readout, this.buttons());
    this.draw();
    this.canvas.addEventListener("click", (event) => this.clicked(event));
    this.canvas.addEventListener("keydown", (event) => this.pressed(event));
    this.frame.style.setProperty("--rows", String(laid.rows));
    this.frame.style.setProperty("--columns", String(laid.columns));
  }

  label() {
    const { rows, columns, folded } = this.laid;
    const what = folded ? `all numbers of ${this.name}` : this.isPicture() ? "the picture" : `channel ${this.channel} of ${this.name}`;
    return `${what}, ${rows} rows, ${columns} columns`;
  }

  isPicture() {
    return this.name === this.network.facts.picture;
  }

  draw() {
    const numbers = this.network.now(this.name);
    if (this.isPicture()) return paintPicture(this.canvas, this.network.shape(this.name), numbers);
    const { laid, channel } = this;
    const own = [];
    for (let row = 0; row < laid.rows; row++) for (let column = 0; column < laid.columns; column++) own.push(this.numberAt(row, column));
    paint(this.canvas, laid.rows, laid.columns, (row, column) => {
      const index = laid.index(channel, row, column);
      return index < 0 ? NaN : numbers[index];
    }, mostOf(own));
    return undefined;
  }

  /** @param {number} row @param {number} column */
  numberAt(row, column) {
    const index = this.laid.index(this.channel, row, column);
    return index < 0 ? 0 : this.network.now(this.name)[index];
  }

  /** Sets the cursor. @param {number} index */
  show(index) {
    const [channel, row, column] = this.laid.place(index);
    [this.channel, this.row, this.column] = [channel, row, column];
    this.cursor.style.left = `${(100 * column) / this.laid.columns}%`;
    this.cursor.style.top = `${(100 * row) / this.laid.rows}%`;
    const place = placeOf(index, this.network.shape(this.name));
    this.readout.textContent = `${numberText(this.name, place)} = ${figure(this.network.now(this.name)[index])}`;
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const box = this.canvas.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * this.laid.rows);
    const column = Math.floor(((event.clientX - box.left) / box.width) * this.laid.columns);
    this.go(row, column, true);
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    const far = event.shiftKey ? 10 : 1;
    if (step) this.go(this.row + far * step[0], this.column + far * step[1], false);
    else if (event.key === "Home") this.go(this.row, 0, false);
    else if (event.key === "End") this.go(this.row, this.laid.columns - 1, false);
    else if (event.key === "Enter" || event.key === " ") this.go(this.row, this.column, true);
    else return;
    event.preventDefault();
  }

  /**
   * @param {number} row
   * @param {number} column
   * @param {boolean} chosen  Its arithmetic is asked for.
   */
  go(row, column, chosen) {
    row = Math.min(Math.max(row, 0), this.laid.rows - 1);
    column = Math.min(Math.max(column, 0), this.laid.columns - 1);
    const index = this.laid.index(this.channel, row, column);
    if (index < 0) return;
    this.show(index);
    if (chosen) this.choose(index);
  }

  buttons() {
    const names = { ArrowLeft: "←", ArrowUp: "↑", ArrowDown: "↓", ArrowRight: "→" };
    const words = { ArrowLeft: "left", ArrowUp: "up", ArrowDown: "down", ArrowRight: "right" };
    const made = Object.entries(names).map(([key, sign]) => {
      const [down, right] = STEPS[key];
      const label = `one number ${words[/** @type {keyof typeof words} */ (key)]}`;
      return el("button", { type: "button", "aria-label": label, click: () => this.go(this.row + down, this.column + right, true) }, sign);
    });
    return el("div", { class: "nudge screen" }, ...made);
  }
}
