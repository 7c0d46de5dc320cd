/** Elements, made without markup: text stays text. */

/**
 * @param {string} tag
 * @param {Record<string, string | number | boolean | ((event: any) => void)>} [properties]  Attributes; functions are listeners.
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** The element of the page with this id, which is there. @param {string} id */
export function the(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

/** "1 picture", "1,200 pictures". @param {number} count @param {string} one */
export function plural(count, one) {
  return `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
}

/** Control and format characters of a name as escapes. @param {string} text */
export function shown(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (each) => (each === "\u200d" ? each : `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`));
}

/** A share in per cent; 0 % and 100 % mean none and all. @param {number} share */
export function percent(share) {
  if (share > 0 && share < 0.005) return "<1 %";
  return share >= 0.995 && share < 1 ? ">99 %" : `${(100 * share).toFixed(0)} %`;
}
