/**
 * What Python writes into the page. Shapes and places are without the axis of pictures; an index counts through a value in the order of its shape.
 *
 * @typedef {{kind: "f4" | "f2" | "i1" | "u1", shape: number[], unit: number, at: string}} Stored  An array; `at` is the id of the element that holds it.
 *
 * @typedef {object} Operation  How a value is made of others. Which of the optional ones are there depends on `op`.
 * @property {string} kind  The operator of the network's file, such as Conv.
 * @property {"convolution" | "linear" | "scale" | "times" | "sum" | "product" | "mean" | "largest" | "softmax" | "function" | "moved" | "joined" | "other"} op
 * @property {string[]} of  The values that go in.
 * @property {string} [weight]
 * @property {string} [bias]
 * @property {[number, number]} [window]
 * @property {[number, number]} [stride]
 * @property {[number, number]} [dilation]
 * @property {[number, number]} [before]  Padding above and at the left.
 * @property {[number, number]} [behind]  Padding below and at the right.
 * @property {boolean} [padding_counts]  For a mean: padding is counted among its numbers.
 * @property {number} [groups]
 * @property {number[]} [signs]
 * @property {[string, number][]} [constants]  Weights that are added, with their signs.
 * @property {number[] | null} [order]
 * @property {number} [axis]
 * @property {number} [alpha]
 * @property {number} [beta]
 * @property {number | null} [least]
 * @property {number | null} [greatest]
 * @property {string} [rule]  In words, with {x} for the number.
 *
 * @typedef {object} Stage
 * @property {string} name
 * @property {string} value  The value that it ends in.
 * @property {string[]} steps  The values that its steps end in, the stage's own last.
 * @property {number[]} order  Channels, the strongest first.
 * @property {string} [maps]  The array for showing, and in it
 * @property {number[]} [channels]  the channels that it holds.
 * @property {number[]} checked  Indices, and what Vitreous has computed there.
 * @property {number[]} check
 *
 * @typedef {{size: [number, number], stride: [number, number], offset: [number, number]}} Field  Vertical, horizontal, in pixels.
 *
 * @typedef {object} Facts
 * @property {Record<string, number[]>} shapes
 * @property {{light: Stored, dark: Stored}} colours  513 colours from −1 to 1.
 * @property {Record<string, Operation>} operations  In working order.
 * @property {Record<string, Stored>} arrays  Weights, and values that are given.
 * @property {Record<string, [number, number]>} axes  Which axes of a value are rows and columns, where these are not its last two.
 * @property {Record<string, Field>} fields  Which pixels a number of a value sees; a value that is missing sees the whole picture.
 * @property {Stage[]} stages
 * @property {string} picture  The value that is the picture, [rows, columns, channels].
 * @property {string} answer  The value that holds the answer.
 * @property {string[]} labels
 * @property {string} command  What shows in a terminal whatever is not in the page, up to the name of a number.
 * @property {[number, number, number, number]} box  The part of the file's picture that is seen: x0, y0, x1, y1.
 * @property {[number, number]} size  Width and height of the file's picture.
 * @property {Record<string, Record<string, Example[]>>} examples  Strongest activations by value and channel.
 *
 * @typedef {{picture: string, text: string}} Example  `picture` is a data URI.
 */

export {};
