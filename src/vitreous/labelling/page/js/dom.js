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

let quiet = 0;

/** Say what has happened, for some seconds. @param {string} text @param {boolean} [wrong] */
export function say(text, wrong = false) {
  const line = the("said");
  line.textContent = text;
  line.className = `shown${wrong ? " wrong" : ""}`;
  clearTimeout(quiet);
  quiet = setTimeout(() => (line.className = ""), wrong ? 12000 : 3500);
}

/** @param {number} count @param {string} one @param {string} [many] */
export function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** A share in per cent; 0 % and 100 % mean none and all. @param {number} share */
export function percent(share) {
  if (share > 0 && share < 0.005) return "<1 %";
  return share >= 0.995 && share < 1 ? ">99 %" : `${(100 * share).toFixed(0)} %`;
}
