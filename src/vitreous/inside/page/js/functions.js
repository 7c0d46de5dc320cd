/** Functions of one number, and their slopes. */

/** @typedef {import("./types.js").Operation} Operation */

/**
 * @param {Operation} operation
 * @returns {(x: number) => number}
 */
export function functionOf(operation) {
  const { alpha = 0, beta = 0 } = operation;
  const least = operation.least ?? -Infinity;
  const greatest = operation.greatest ?? Infinity;
  switch (operation.kind) {
    case "Relu": return (x) => Math.max(x, 0);
    case "Clip": return (x) => Math.min(Math.max(x, least), greatest);
    case "Sigmoid": return (x) => 1 / (1 + Math.exp(-x));
    case "Tanh": return Math.tanh;
    case "LeakyRelu": return (x) => (x > 0 ? x : alpha * x);
    case "Elu": return (x) => (x > 0 ? x : alpha * Math.expm1(x));
    case "HardSigmoid": return (x) => Math.min(Math.max(alpha * x + beta, 0), 1);
    case "HardSwish": return (x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1);
    case "Softplus": return (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    case "Exp": return Math.exp;
    case "Log": return Math.log;
    case "Sqrt": return Math.sqrt;
    case "Abs": return Math.abs;
    case "Neg": return (x) => -x;
    case "Reciprocal": return (x) => 1 / x;
    default: return (x) => x; // Cast
  }
}

/**
 * dy / dx as a function of x, with the conventions of `vitreous.layers.activations` at its corners.
 * @param {Operation} operation
 * @returns {(x: number) => number}
 */
export function slopeOf(operation) {
  const { alpha = 0, beta = 0 } = operation;
  const least = operation.least ?? -Infinity;
  const greatest = operation.greatest ?? Infinity;
  const f = functionOf(operation);
  switch (operation.kind) {
    case "Relu": return (x) => (x > 0 ? 1 : 0);
    case "Clip": return (x) => (x >= least && x <= greatest ? 1 : 0);
    case "Sigmoid": return (x) => f(x) * (1 - f(x));
    case "Tanh": return (x) => 1 - f(x) ** 2;
    case "LeakyRelu": return (x) => (x > 0 ? 1 : alpha);
    case "Elu": return (x) => (x > 0 ? 1 : alpha * Math.exp(x));
    case "HardSigmoid": return (x) => (alpha * x + beta > 0 && alpha * x + beta < 1 ? alpha : 0);
    case "HardSwish": return (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1) + (Math.abs(x) < 3 ? x / 6 : 0);
    case "Softplus": return (x) => 1 / (1 + Math.exp(-x));
    case "Exp": return Math.exp;
    case "Log": return (x) => 1 / x;
    case "Sqrt": return (x) => 0.5 / Math.sqrt(x);
    case "Abs": return Math.sign;
    case "Neg": return () => -1;
    case "Reciprocal": return (x) => -1 / (x * x);
    default: return () => 1;
  }
}
