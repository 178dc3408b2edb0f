/**
 * JSON Lines as rows. A line ends at `\n` alone: U+2028, U+2029 and `\r` may stand inside or between JSON values, and
 * splitting there would break good files. One array of items: `JsonItems.ts`.
 */
import { Effect, Stream } from "effect"
import * as Arr from "effect/Array"
import type { Row } from "../Dataset.ts"
import { DatasetError } from "../DatasetError.ts"
import { MAX_ITEM, tooLong } from "./JsonItems.ts"

interface Unfinished {
  /** Lines that have ended. */
  readonly ended: number
  /** Pieces of the line that has not; joined once, so that a line of many megabytes stays linear. */
  readonly pieces: ReadonlyArray<string>
  /** Characters of all of them. */
  readonly length: number
}

interface Line {
  readonly line: number
  readonly text: string
}

/** One JSON value a line; blank lines are counted and passed over. */
export const lines = <E, R>(
  path: string,
  text: Stream.Stream<string, E, R>
): Stream.Stream<Row, E | DatasetError, R> =>
  text.pipe(
    // Ends a last line that has no end of its own; not by `onHalt`, which also follows a failure of the text.
    Stream.concat(Stream.succeed("\n")),
    Stream.mapAccumArrayEffect(
      (): Unfinished => ({ ended: 0, pieces: [], length: 0 }),
      (state, chunk) =>
        Effect.suspend(() => {
          const next = split(state, chunk)
          const [{ ended, length }] = next
          return length > MAX_ITEM ? Effect.fail(tooLong(path, ended + 1)) : Effect.succeed(next)
        })
    ),
    Stream.mapArrayEffect((page) => parsed(path, page))
  )

const notBlank = (line: number, text: string): ReadonlyArray<Line> =>
  text.trim() === "" ? [] : [{ line, text }]

const split = (
  state: Unfinished,
  chunk: ReadonlyArray<string>
): readonly [Unfinished, ReadonlyArray<Line>] => {
  const found: Array<Line> = []
  let { ended } = state
  let pieces = [...state.pieces]
  for (const piece of chunk) {
    let start = 0
    for (let end = piece.indexOf("\n"); end !== -1; end = piece.indexOf("\n", start)) {
      pieces.push(piece.slice(start, end))
      ended += 1
      found.push(...notBlank(ended, pieces.join("")))
      pieces = []
      start = end + 1
    }
    if (start < piece.length) pieces.push(piece.slice(start))
  }
  return [{ ended, pieces, length: pieces.reduce((sum, piece) => sum + piece.length, 0) }, found]
}

/** A page at a time and without an Effect for each line: this runs for every row of every pass. */
const parsed = (
  path: string,
  page: Arr.NonEmptyReadonlyArray<Line>
): Effect.Effect<Arr.NonEmptyReadonlyArray<Row>, DatasetError> =>
  Effect.suspend(() => {
    let at = page[0].line
    try {
      return Effect.succeed(
        Arr.map(page, ({ line, text }): Row => {
          at = line
          return { line, value: JSON.parse(text) }
        })
      )
    } catch (error) {
      return Effect.fail(new DatasetError({ path, line: at, ...invalid(error) }))
    }
  })

/** Says where the parser stopped but not what it saw: its own message quotes the text around. */
const invalid = (error: unknown) => {
  const column = position(error)
  return {
    problem: `It is not valid JSON${column === undefined ? "" : ` (character ${column + 1})`}.`,
    fix: "Correct the line or leave it out; a line cut off in the middle often means an incomplete file."
  }
}

const position = (error: unknown): number | undefined => {
  const found = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined
  return found === undefined ? undefined : Number(found)
}
