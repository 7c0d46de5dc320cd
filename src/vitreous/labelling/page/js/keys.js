/** Keys, and what is said of them. */

/** Digits for the first ten labels, then letters with Shift. @type {string[]} */
export const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"];

/** Whether keys are typed into a field now. */
export function isTyping() {
  const active = document.activeElement;
  return active instanceof HTMLInputElement || document.querySelector("dialog[open]") !== null;
}

/** The number of the label that a key stands for, or -1. @param {KeyboardEvent} event */
export function labelOf(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return -1;
  const place = DIGITS.indexOf(event.key);
  if (place >= 0) return place;
  return /^[A-J]$/.test(event.key) && event.shiftKey ? 10 + event.key.charCodeAt(0) - 65 : -1;
}

/** What to press for a label. @param {number} place */
export function keyOf(place) {
  if (place < 10) return DIGITS[place];
  return place < 20 ? `⇧${String.fromCharCode(55 + place)}` : "";
}

/** @type {[string, string][]} */
export const KEYS = [
  ["1 … 0", "give that label; ⇧A … ⇧J: the eleventh to twentieth"],
  ["N", "type the name of a label, a new one too"],
  ["Enter", "confirm: the guessed label"],
  ["arrows", "move from picture to picture"],
  ["Space, click", "this picture does not belong here"],
  ["V", "see the picture large"],
  ["S", "pass on: another group or picture"],
  ["X", "set aside: no label, not asked again"],
  ["Z", "take the last step back; Y: do it again"],
  ["G, O, C", "groups, one by one, confirm"],
  ["A", "whatever brings most"],
];
