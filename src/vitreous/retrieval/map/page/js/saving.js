/** Tables that the reader takes along: CSV, as Vitreous reads and writes it. */

import { facts, label } from "./pictures.js";

/** The columns image and label, sorted by path: `vitreous look` and `train` take it where it lies in the folder. @param {Iterable<number>} numbers */
export function selectionCsv(numbers) {
  const rows = [...numbers].map((k) => ({ path: facts.paths[k], label: label(k), cluster: "" }));
  rows.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return table([["image", "label"], ...rows.map((row) => [row.path, row.label])]);
}

/** A row for each picture that has copies. */
export function copiesCsv() {
  const rows = [["group", "image", "keep"]];
  facts.copies.forEach((group, number) => {
    for (const k of [group.keep, ...group.others]) rows.push([String(number + 1), facts.paths[k], k === group.keep ? "1" : "0"]);
  });
  return table(rows);
}

/** @param {string[][]} rows */
function table(rows) {
  return rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

/** As vitreous.core.text.csv_cell: no formula, no control code, no half of a character. @param {string} text */
export function cell(text) {
  let safe = text.replace(/[\p{Cc}\p{Cs}]/gu, (each) => (each === "\t" || each === "\n" ? each : escaped(each)));
  if (/^[=+\-@\t\r]/.test(safe)) safe = `'${safe}`;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** As Python's unicode_escape writes it. @param {string} character */
function escaped(character) {
  const code = character.charCodeAt(0);
  if (character === "\r") return "\\r";
  return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** Hands a text to the browser as a file. @param {string} text @param {string} name */
export function download(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
