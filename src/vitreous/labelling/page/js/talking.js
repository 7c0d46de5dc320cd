/** The way to the server: every request carries the token of the page's address. */

const TOKEN = new URLSearchParams(location.search).get("token") ?? "";

/** This window, for undo and for the journal. */
export const WINDOW = window_name();

function window_name() {
  const known = sessionStorage.getItem("vitreous-window");
  if (known) return known;
  const made = crypto.getRandomValues(new Uint32Array(1))[0].toString(16);
  sessionStorage.setItem("vitreous-window", made);
  return made;
}

/** An address of the server. @param {string} path @param {Record<string, string>} [query] */
export function at(path, query = {}) {
  return `${path}?${new URLSearchParams({ ...query, token: TOKEN })}`;
}

/**
 * The answer as an object; throws an Error with the server's words where it refuses, or ours where it is not there.
 * @param {string} path @param {Record<string, string>} [query] @param {object} [body]
 * @returns {Promise<any>}
 */
export async function ask(path, query = {}, body) {
  const sent = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(at(path, query), { ...sent, cache: "no-store" });
  } catch {
    throw new Lost("The program does not answer. What was saved is saved: start vitreous label again, and it goes on where it was.");
  }
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error ?? answer.statusText);
  return value;
}

export class Lost extends Error {}
