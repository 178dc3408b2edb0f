/**
 * The answer that a reasoning ends with: what stands behind "the answer is". `finalAnswer` takes it as people write it,
 * `bbhExact` as lm-evaluation-harness does for BIG-Bench Hard. Both in time linear in the answer.
 */
import type { Scorer } from "../benchmark/Scorer.ts"
import { normalise } from "./Normalised.ts"

/** `answer is`, and what may stand between it and the answer. */
const MARK = /\banswer\s{1,3}is\b[:\s]*/gi
/** Characters of an answer that has no such words and is taken as a whole, where it is one line. */
const BARE = 200

/** Marks that dress an answer up, and the full stop behind it. */
const AROUND = new Set("*_`\"'$ \t\r\u201c\u201d\u2018\u2019")
const BEHIND = new Set([...AROUND, ".", "!"])

/** No regular expression: one that looks for an end from every place takes time quadratic in white space. */
const bare = (text: string): string => {
  let start = 0
  let end = text.length
  while (start < end && AROUND.has(text[start] ?? "")) start++
  while (end > start && BEHIND.has(text[end - 1] ?? "")) end--
  return text.slice(start, end)
}

/** What stands behind the last "answer is", to the end of its line; `undefined` where nothing does. */
export const find = (text: string): string | undefined => {
  let from = -1
  for (const match of text.matchAll(MARK)) from = match.index + match[0].length
  if (from === -1) {
    const whole = text.trim()
    return whole.length <= BARE && !whole.includes("\n") ? bare(whole) || undefined : undefined
  }
  const end = text.indexOf("\n", from)
  return bare(text.slice(from, end === -1 ? text.length : end)) || undefined
}

const form = (text: string) => normalise(bare(text), { punctuation: false, articles: false })

/** `(B)` and what may follow it, or `B` alone. */
const OPTION = /^\(([A-Za-z])\)|^([A-Za-z])[).:]?$/

const optionOf = (text: string): string | undefined => {
  const found = OPTION.exec(text)
  return (found?.[1] ?? found?.[2])?.toUpperCase()
}

/**
 * 1 where the text behind the last "the answer is" is the target; case, white space, quotes, emphasis and a full stop do
 * not count. Of a target that is an option, as `(B)`, the letter counts: `(B) 12/25/1937` and `B` are right. An answer of
 * one line without those words is taken as a whole; a longer one is wrong.
 */
export const finalAnswer: Scorer = {
  name: "finalAnswer",
  version: 1,
  score: ({ text, target }) => {
    const extracted = find(text)
    if (extracted === undefined) {
      return { value: 0, explanation: 'nothing stands behind "the answer is"' }
    }
    const option = /^\(([A-Za-z])\)$/.exec(target.trim())?.[1]?.toUpperCase()
    const value =
      form(extracted) === form(target) || (option !== undefined && optionOf(extracted) === option)
    return { value, extracted }
  }
}

/** Code units of the last character: Python's `.` takes a whole one. */
const widthOfLast = (text: string, start: number, end: number): number =>
  end - start > 1 && (text.codePointAt(end - 2) ?? 0) > 0xffff ? 2 : 1

const BBH_MARK = "the answer is "

/** The first match of the harness's `(?<=the answer is )(.*)(?=.)`: a line's rest but for its last character, white space around it aside. */
export const bbh = (text: string): string | undefined => {
  for (let at = text.indexOf(BBH_MARK); at !== -1; at = text.indexOf(BBH_MARK, at + 1)) {
    const start = at + BBH_MARK.length
    const line = text.indexOf("\n", start)
    const end = line === -1 ? text.length : line
    if (end > start) return text.slice(start, end - widthOfLast(text, start, end)).trim()
  }
  return undefined
}

/**
 * `exact_match` of lm-evaluation-harness's `bbh_cot_fewshot` (version 2): what its `get-answer` filter finds must be the
 * target to the letter. It looks for "the answer is " in small letters and takes the line without its last character.
 */
export const bbhExact: Scorer = {
  name: "bbhExact",
  version: 1,
  score: ({ text, target }) => {
    const extracted = bbh(text)
    return extracted === undefined
      ? { value: 0, explanation: 'it does not say "the answer is "' }
      : { value: extracted === target, extracted }
  }
}
