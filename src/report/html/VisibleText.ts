/**
 * Text of others as a page shows it. Nothing is hidden and nothing acts: characters that have no picture or turn the
 * direction of writing are shown by their number, as `⟨U+202E⟩`, so that what a model wrote can be judged. For a
 * terminal they are left out: `report/PlainText.ts`.
 */

/**
 * Controls but for tab and line feed, marks of direction, zero-width space and no-break space, line separators, and half
 * surrogate pairs.
 */
const HIDDEN =
  /(?![\t\n])\p{Cc}|\p{Cs}|[\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]/gu

const mark = (character: string): string =>
  `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`

export const visible = (text: string): string => text.replaceAll("\r\n", "\n").replace(HIDDEN, mark)

export interface Cut {
  readonly text: string
  /** Characters (UTF-16 units) that were left out; 0 where all is there. */
  readonly left: number
}

/**
 * The beginning of a text, made visible, never half of a character. It is a copy: a piece of a string may keep all of it
 * in memory.
 */
export const cut = (text: string, limit: number): Cut => {
  if (text.length <= limit) return { text: visible(text), left: 0 }
  const splits = (text.charCodeAt(limit - 1) & 0xfc00) === 0xd800
  const end = splits ? limit - 1 : limit
  return { text: visible(copyOf(text.slice(0, end))), left: text.length - end }
}

/** A name or a cell: visible, and in one line. */
export const oneLine = (text: string): string => visible(text).replace(/\s+/g, " ").trim()

const copyOf = (text: string): string => JSON.parse(JSON.stringify(text))
