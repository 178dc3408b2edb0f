/** Takes secrets out of text that others wrote before it enters an error, and bounds its length. */

/** Characters that an error message keeps of what the provider said. */
export const MAX_MESSAGE = 2_000

const patterns: ReadonlyArray<readonly [RegExp, string]> = [
  [/\b(sk|sess|rk|pk)-[\w*-]{4,}(?:\.[\w*-]+)*/g, "$1-…"],
  [/\b(Bearer|Basic)\s+[^\s"',;<>]{6,}/gi, "$1 …"],
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, "…"],
  [/(api[-_ ]?key(?: provided)?["']?\s*[:=]\s*["']?)(?!sk-)[^\s"',;&<>]{6,}/gi, "$1…"]
]

/** At most so many characters, the last one `…` where something was cut off. */
export const bounded = (text: string, length: number = MAX_MESSAGE): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`

/** Keys, bearer tokens and JSON web tokens become `…`; the rest is kept up to `MAX_MESSAGE` characters. */
export const redact = (text: string): string => {
  // What lies far behind the bound cannot move into it: a hostile body is not searched to its end.
  let clean = text.length > 4 * MAX_MESSAGE ? text.slice(0, 4 * MAX_MESSAGE) : text
  for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement)
  return bounded(clean)
}
