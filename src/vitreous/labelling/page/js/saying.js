/** The line that says what has happened. */

import { the } from "../../../draw/js/dom.js";

let quiet = 0;

/** Say what has happened, for some seconds. @param {string} text @param {boolean} [wrong] */
export function say(text, wrong = false) {
  const line = the("said");
  line.textContent = text;
  line.className = `shown${wrong ? " wrong" : ""}`;
  clearTimeout(quiet);
  quiet = setTimeout(() => (line.className = ""), wrong ? 12000 : 3500);
}
