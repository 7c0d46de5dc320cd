/** What is known of each picture: the arrays of the page, and what follows from them. */

import { the } from "../../../../draw/js/dom.js";

/** @type {import("./types.js").Facts} */
export const facts = JSON.parse(the("facts").textContent ?? "");
export const count = facts.count;
export const xy = new Float32Array(bytesOf("array-xy").buffer);
export const labelOf = new Uint32Array(bytesOf("array-label").buffer);
export const splitOf = new Uint32Array(bytesOf("array-split").buffer);
export const clusterOf = new Uint32Array(bytesOf("array-cluster").buffer);
export const nearOf = new Uint32Array(bytesOf("array-near").buffer);
export const apartOf = new Float32Array(bytesOf("array-apart").buffer);
export const sizeOf = new Uint32Array(bytesOf("array-size").buffer);
export const answerOf = facts.answers.length ? new Uint32Array(bytesOf("array-answer").buffer) : null;
export const confidenceOf = facts.answers.length ? new Float32Array(bytesOf("array-confidence").buffer) : null;
export const isOutlier = new Uint8Array(count);
for (const each of facts.outliers) isOutlier[each] = 1;

/** Base64 of an element of the page, which is emptied: its text is not needed twice. @param {string} id */
export function bytesOf(id) {
  const element = the(id);
  const letters = atob((element.textContent ?? "").trim());
  const bytes = new Uint8Array(letters.length);
  for (let k = 0; k < letters.length; k++) bytes[k] = letters.charCodeAt(k);
  return bytes;
}

/** @param {number} number */
export const label = (number) => facts.labels[labelOf[number]];

/** Whether the run's answer is the label; null where that is not known. @param {number} number */
export function isRight(number) {
  return facts.judged && answerOf && label(number) !== "" ? facts.answers[answerOf[number]] === label(number) : null;
}
