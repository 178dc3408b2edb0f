/**
 * Text of a model, a dataset or a scorer made safe for a spreadsheet, which takes a cell that begins like a formula for
 * one: `=HYPERLINK(…)` in an answer would send away what stands beside it (https://owasp.org/www-community/attacks/CSV_Injection).
 * csv-stringify's `escape_formulas` looks at the first character alone; a formula can also follow blanks, quotes or a
 * byte order mark. And where a country writes `0,5`, a file of commas is cut at semicolons: what follows one begins a cell.
 */

/** Also as East Asian keyboards write them, which Apple Numbers takes for the same. */
const CALLS = new Set("=@\uff1d\uff20\ufe66\ufe6b")
const SIGNS = new Set("+-\uff0b\uff0d\ufe62\ufe63\u2212")
/** What begins a cell, or a line, for one program or another. */
const SEPARATORS = new Set(";\t\r\n")
const QUOTES = new Set("\"'`\u2018\u2019\u201c\u201d")
/** White space, and characters without a width. */
const BLANK = /[\s\u00ad\u200b-\u200f\u2060\u2061-\u2064\ufeff]/

/**
 * Controls of C0 and C1 that no text needs, and embeddings that turn the direction of writing: a spreadsheet cannot hold
 * them or shows other words than there are, and a terminal may obey them.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/** UTF-16 units that a cell of Excel's holds; the rest would begin a cell of its own. */
export const MAX_CELL = 32_767
const CUT = "… [cut]"

export interface Cell {
  readonly text: string
  /** It was longer than a cell can be. */
  readonly cut: boolean
}

/**
 * A `'` is put before what could be taken for a formula: at the beginning of the text, and behind a semicolon, tab or
 * line break in it. There a plus or minus counts only with a call or a pipe after it, so that lists stay as they are.
 */
export const make = (given: string): Cell => {
  const plain = given
    .slice(0, MAX_CELL + 1)
    .replace(CONTROLS, "")
    .toWellFormed()
  const guarded = guard(plain)
  const cut = given.length > MAX_CELL || guarded.length > MAX_CELL
  return {
    text: cut ? `${guarded.slice(0, MAX_CELL - CUT.length).toWellFormed()}${CUT}` : guarded,
    cut
  }
}

const guard = (text: string): string => {
  let guarded = beginsAsFormula(text) ? "'" : ""
  let done = 0
  /** A cell may begin here: nothing has come since the last separator but blanks and quotes. */
  let begins = false
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at)
    if (SEPARATORS.has(sign)) begins = true
    else if (begins && !isFiller(sign)) {
      begins = false
      if (CALLS.has(sign) || (SIGNS.has(sign) && callsLater(text, at))) {
        guarded += `${text.slice(done, at)}'`
        done = at
      }
    }
  }
  return `${guarded}${text.slice(done)}`
}

const isFiller = (sign: string) => QUOTES.has(sign) || BLANK.test(sign)

/** A tab or line break at the very beginning counts too: programs that trim it see what follows. */
const beginsAsFormula = (text: string): boolean => {
  if (text.startsWith("\t") || text.startsWith("\r") || text.startsWith("\n")) return true
  let at = 0
  while (at < text.length && isFiller(text.charAt(at))) at += 1
  const sign = text.charAt(at)
  return CALLS.has(sign) || SIGNS.has(sign)
}

/** `NAME(` or a pipe before the next separator: what a formula needs to do more than arithmetic. */
const callsLater = (text: string, from: number): boolean => {
  for (let at = from; at < text.length && !SEPARATORS.has(text.charAt(at)); at++) {
    const sign = text.charAt(at)
    if (sign === "|" || (sign === "(" && /[\w.]/.test(text.charAt(at - 1)))) return true
  }
  return false
}
