/** The part of the page's address that names a number. */

/** The address of a number within the page. @param {string} text */
export function hrefOf(text) {
  return `#n=${encodeURIComponent(text)}`;
}

/** The number that the page's address asks for. */
export function asked() {
  const match = /^#n=(.*)$/s.exec(location.hash);
  try {
    return match ? decodeURIComponent(match[1]) : "";
  } catch {
    return "";
  }
}
