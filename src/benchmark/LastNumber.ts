/** Finds the number that a worked answer ends with, in one canonical form, so that equal numbers are equal texts. */

/** The mark that GSM8K puts before a final answer. */
const MARK = "####"

/**
 * Digits in groups of three or plain, and decimals; or decimals alone. Every alternative advances at each step, so
 * that no text, however long, makes it back up.
 */
const NUMBER = /(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+/g

/** After the last `####` the first number, else the last number of the text; `undefined` where there is none. */
export const find = (text: string): string | undefined => {
  const marked = text.lastIndexOf(MARK)
  if (marked !== -1) {
    const after = text.slice(marked + MARK.length)
    const first = new RegExp(NUMBER.source).exec(after)
    if (first !== null) return canonical(after, first.index, first[0])
  }
  let last: RegExpExecArray | undefined
  for (const match of text.matchAll(NUMBER)) last = match
  return last === undefined ? undefined : canonical(text, last.index, last[0])
}

/** A minus sign right before the digits, or before their currency sign; after a letter, digit or bracket it subtracts. */
const NEGATIVE = /(?:^|[^\p{L}\p{N}.)\]}%])[-\u2212][$€£]?$/u

const canonical = (text: string, at: number, digits: string): string => {
  const [whole = "", decimals = ""] = digits.replaceAll(",", "").split(".")
  const fraction = decimals.replace(/0+$/, "")
  const integer = whole.replace(/^0+(?=\d)/, "") || "0"
  const plain = fraction === "" ? integer : `${integer}.${fraction}`
  const negative = NEGATIVE.test(text.slice(Math.max(0, at - 8), at))
  return negative && plain !== "0" ? `-${plain}` : plain
}
