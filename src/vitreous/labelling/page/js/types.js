/** What the server says, and what the page holds. */

/**
 * @typedef {{number: number, name: string, copies: number, label: string | null, guess: string | null, guesses: [string, number][]}} Picture
 * @typedef {{mode: "groups" | "one" | "confirm" | "label" | "aside", pictures: Picture[], more: number, version: number, group?: number, label?: string}} View
 * @typedef {{name: string, pictures: number, guessed: number}} Label
 * @typedef {{pictures: number, accuracy: number, interval: [number, number]}} Estimate
 * @typedef {{tick: number, finished: boolean, version: number, labels: Label[], pictures: number, labelled: number, open: number, aside: number,
 *   settled: boolean, estimate: Estimate | null, said: string, advice: string, suggested: string, unsaved: string, can_undo: boolean}} State
 * @typedef {{do: string, pictures?: number[], label?: string, to?: string, how?: string}} Step
 * @typedef {{mode: string, label?: string, passed?: number[], skipped?: number[]}} Asked
 */

export {};
