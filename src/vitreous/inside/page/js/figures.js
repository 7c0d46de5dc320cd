/** Numbers and names as the terminal writes them. */

/**
 * Five figures, as "%.5g".
 * @param {number} number
 */
export function figure(number, digits = 5) {
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  if (number === 0) return "0";
  const [mantissa, power] = number.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= digits) {
    const sign = exponent < 0 ? "-" : "+";
    return `${withoutZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  return withoutZeros(number.toFixed(Math.max(0, digits - 1 - exponent)));
}

/** @param {string} text */
function withoutZeros(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/**
 * The place of an index, one number an axis.
 * @param {number} index
 * @param {readonly number[]} shape
 */
export function placeOf(index, shape) {
  const place = new Array(shape.length).fill(0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = index % shape[axis];
    index = Math.floor(index / shape[axis]);
  }
  return place;
}

/**
 * @param {readonly number[]} place
 * @param {readonly number[]} shape
 */
export function indexOf(place, shape) {
  return place.reduce((index, at, axis) => index * shape[axis] + at, 0);
}

/** @param {readonly number[]} shape */
export function sizeOf(shape) {
  return shape.reduce((size, each) => size * each, 1);
}

/**
 * `stem[3,10,12]`
 * @param {string} name
 * @param {readonly number[]} place
 */
export function numberText(name, place) {
  return place.length ? `${name}[${place.join(",")}]` : name;
}

/**
 * The name and the place of a text such as `stem[3,10,12]`; null where it is none.
 * @param {string} text
 * @returns {{name: string, place: number[]} | null}
 */
export function parseNumber(text) {
  const match = /^(.*)\[([0-9,]*)\]$/s.exec(text);
  if (!match) return text ? { name: text, place: [] } : null;
  return { name: match[1], place: match[2] ? match[2].split(",").map(Number) : [] };
}
