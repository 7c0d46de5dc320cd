/**
 * What Python tells of the map. Pictures are numbered in the order of the page.
 * @typedef {object} Cluster
 * @property {string} name
 * @property {string} label  That most of its pictures have, or "".
 * @property {number} share
 * @property {number} size
 * @property {number[]} typical
 *
 * @typedef {object} Copies
 * @property {number} keep
 * @property {number[]} others
 * @property {boolean} exact  Whether the files hold the same bytes.
 *
 * @typedef {object} Facts
 * @property {string} name  Of the folder.
 * @property {number} count
 * @property {number} side  Of a small picture, in pixels.
 * @property {number} columns  Small pictures in a row of an atlas, and rows in it.
 * @property {string[]} paths
 * @property {string[]} labels
 * @property {string[]} splits
 * @property {string[]} answers
 * @property {boolean} judged  Whether right and wrong are known.
 * @property {Cluster[]} clusters
 * @property {number[]} outliers
 * @property {Copies[]} copies
 * @property {number} near  How many nearest pictures are known of each.
 * @property {{ label: Record<string, string>, split: Record<string, string>, answer: Record<string, string>, cluster: string[] }} colours
 *
 * @typedef {object} Key  An entry of the legend.
 * @property {string} name
 * @property {string} colour  #rrggbb
 * @property {number} count
 *
 * @typedef {object} Colouring
 * @property {string} title
 * @property {Key[]} keys
 * @property {Uint32Array} of  The key of each picture.
 */
export {};
