/**
 * Text of others (models, files, flags) made safe for a terminal. Output of a model can carry sequences that recolour,
 * rewrite or retitle a terminal, fill its clipboard, or show words in another order than they are.
 */

/**
 * Escape sequences, in both their forms, ESC and a letter or one C1 byte (ECMA-48). No part can hold what
 * another one begins with, so that a search through hostile text never starts over.
 */
const [ESC, BEL, ST] = ["\\u001b", "\\u0007", "\\u009c"]
/** OSC, DCS, SOS, PM and APC: strings up to their terminator. One without it loses only its introducer, below. */
const STRING = `(?:${ESC}[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])[^${BEL}${ESC}\\u0080-\\u009f]*(?:${BEL}|${ESC}\\\\|${ST})`
/** CSI: colours, cursor movements, erasing. */
const CONTROL_SEQUENCE = `(?:${ESC}\\[|\\u009b)[0-?]*[ -/]*[@-~]?`
const OTHER_ESCAPE = `${ESC}[ -/]*[0-~]?`
const SEQUENCES = new RegExp(`${STRING}|${CONTROL_SEQUENCE}|${OTHER_ESCAPE}`, "g")

/** C0 and C1 controls but for line feed and tab, delete, and the marks that turn the direction of writing. */
const CONTROL_RANGES = [
  "\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f",
  "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069"
]
const CONTROLS = new RegExp(`[${CONTROL_RANGES.join("")}]`, "g")

/** Several lines: line feeds and tabs stay, all other control goes. Plain text comes back as it was. */
export const sanitize = (text: string): string =>
  text.replace(SEQUENCES, "").replace(CONTROLS, "").toWellFormed()

/** One line, for a name or a cell: white space of any kind becomes one blank. */
export const oneLine = (text: string): string => sanitize(text).replace(/\s+/g, " ").trim()
