/** Counts, shares and names as `vitreous.core.text` writes them. */

/** "1 picture", "1,200 pictures". @param {number} count @param {string} one @param {string} [many] */
export function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** A share of 0 to 1 in per cent, which is none or all only where it is just that. @param {number} share @param {number} [digits] */
export function percent(share, digits = 0) {
  const step = 10 ** -digits;
  if (share > 0 && share <= step / 200) return `<${step} %`;
  if (share < 1 && share >= 1 - step / 200) return `>${100 - step} %`;
  return `${(100 * share).toFixed(digits)} %`;
}

/** A name with its control and format characters as escapes, so that it turns no text around. @param {string} text */
export function visible(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (each) => (each === "\u200d" ? each : `\\u${(each.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`));
}
