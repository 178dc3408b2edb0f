/** How reports mark their parts on a terminal. */
export type Paint = (text: string) => string

export interface Style {
  readonly strong: Paint
  readonly dim: Paint
  readonly alert: Paint
}

const ansi =
  (code: number): Paint =>
  (text) =>
    text === "" ? "" : `\u001b[${code}m${text}\u001b[0m`

export const plain: Paint = (text) => text

/** ANSI colours, or nothing. */
export const of = (colour: boolean): Style =>
  colour
    ? { strong: ansi(1), dim: ansi(2), alert: ansi(33) }
    : { strong: plain, dim: plain, alert: plain }
