/** Arrays of the page: base64, deflated, in the format that Python chose for them. */

/** @typedef {import("./types.js").Stored} Stored */

/**
 * @param {Stored} stored
 * @returns {Promise<Float32Array>}
 */
export async function read(stored) {
  const text = document.getElementById(stored.at)?.textContent ?? "";
  const letters = atob(text.trim());
  const packed = new Uint8Array(letters.length);
  for (let k = 0; k < letters.length; k++) packed[k] = letters.charCodeAt(k);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = await new Response(stream).arrayBuffer();
  if (stored.kind === "f4") return new Float32Array(bytes);
  if (stored.kind === "f2") return halves(new Uint16Array(bytes));
  return Float32Array.from(stored.kind === "u1" ? new Uint8Array(bytes) : new Int8Array(bytes), (each) => each * stored.unit);
}

/**
 * Numbers of 16 bits (IEEE 754: 1 sign, 5 exponent, 10 fraction) as such of 32.
 * @param {Uint16Array} bits
 */
function halves(bits) {
  const numbers = new Float32Array(bits.length);
  for (let k = 0; k < bits.length; k++) {
    const exponent = (bits[k] >> 10) & 31;
    const fraction = bits[k] & 1023;
    const size = exponent === 0 ? fraction * 2 ** -24 : exponent === 31 ? (fraction ? NaN : Infinity) : (1 + fraction / 1024) * 2 ** (exponent - 15);
    numbers[k] = bits[k] & 0x8000 ? -size : size;
  }
  return numbers;
}
