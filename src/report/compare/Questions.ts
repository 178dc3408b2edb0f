/**
 * What of a prompt is the item's own: benchmarks put the same examples before every question, or the same instruction
 * behind it, and a line has no room for them. Learnt from the first items of a run.
 */
import type { ItemRecord } from "../../checkpoint/ItemRecord.ts"
import { promptOf } from "../export/Export.ts"
import { oneLine } from "../PlainText.ts"

/** As many items as it takes to tell what all have in common. */
export const LEARNT_FROM = 50

/** A beginning or end below it is an accident, as "What is" of some questions; it is left where it is. */
const LEAST = 20

/** @returns what is asked by an item, in one line of at most `most` characters */
export const learn = (
  items: ReadonlyArray<ItemRecord>,
  arm: string,
  most: number
): ((item: ItemRecord) => string) => {
  const texts = [...new Set(items.map((item) => questionOf(item, arm)))]
  const [first = ""] = texts
  const head = texts.length < 2 ? 0 : commonLength(texts, (text, at) => text[at])
  const tail = texts.length < 2 ? 0 : commonLength(texts, (text, at) => text[text.length - 1 - at])
  const begin = first.slice(0, atBlank(first, head))
  const end = first.slice(first.length - tail).replace(/^\S+/, "")
  const lead = begin.length < LEAST ? "" : begin
  const trail = end.length < LEAST ? "" : end
  return (item) => {
    const text = questionOf(item, arm)
    const from = text.startsWith(lead) ? lead.length : 0
    const to = text.endsWith(trail) ? text.length - trail.length : text.length
    return shortened(from < to ? text.slice(from, to) : text, most)
  }
}

/** The last thing that the user said before the first answer. */
const questionOf = (item: ItemRecord, arm: string): string => {
  const messages = promptOf(item, { arm })
  return (messages.findLast(({ role }) => role === "user") ?? messages.at(-1))?.text ?? ""
}

const commonLength = (
  [first = "", ...others]: ReadonlyArray<string>,
  charAt: (text: string, at: number) => string | undefined
): number => {
  let length = 0
  while (
    length < first.length &&
    others.every((other) => charAt(other, length) === charAt(first, length))
  ) {
    length += 1
  }
  return length
}

/** Back to the end of a word. */
const atBlank = (text: string, length: number): number => {
  let at = length
  while (at > 0 && /\S/.test(text.charAt(at - 1))) at -= 1
  return at
}

/** UTF-16 units that are looked at for each one shown: white space may be long. */
const LOOKED_AT = 5

/** The beginning of a text in one line of at most `most` characters, as a copy: a piece of a string may keep all of it. */
export const shortened = (text: string, most: number): string => {
  const line = oneLine(text.slice(0, most * LOOKED_AT))
  const cut = line.length > most || text.length > most * LOOKED_AT
  const shown = cut ? `${line.slice(0, most - 1).trimEnd()}…` : line
  return JSON.parse(JSON.stringify(shown.toWellFormed()))
}
