/**
 * The items of one array in a JSON text, in memory that does not grow with the array. The text is cut at the array's
 * commas and every item given to `JSON.parse`; what stands around the array is kept and parsed at the end with the array
 * left empty, so that the whole is checked by the one parser. A streaming parser was measured at a third of the speed.
 */
import { Effect, Stream } from "effect"
import type { Row } from "../Dataset.ts"
import { DatasetError } from "../DatasetError.ts"

/** Characters of one item. What is bigger is hardly an item: more often a quote is missing. */
export const MAX_ITEM = 64 * 1024 * 1024
/** Characters around the array, other arrays of the file among them. */
const MAX_AROUND = 16 * 1024 * 1024

const LINE_END = 0x0a
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** @param keys the objects' keys that lead to the array; none where the text is the array */
export const items = <E, R>(
  path: string,
  keys: ReadonlyArray<string>,
  text: Stream.Stream<string, E, R>
): Stream.Stream<Row, E | DatasetError, R> =>
  Stream.suspend(() => {
    const cutter = new Cutter(path, keys)
    const page = (cut: () => ReadonlyArray<Row>) =>
      Effect.suspend(() => {
        try {
          return Effect.succeed(cut())
        } catch (error) {
          return error instanceof DatasetError ? Effect.fail(error) : Effect.die(error)
        }
      })
    const cut = Stream.mapEffect(text, (piece) => page(() => cutter.take(piece)))
    const end = Stream.fromEffect(page(() => cutter.end()))
    return Stream.flatMap(Stream.concat(cut, end), Stream.fromIterable)
  })

interface Container {
  readonly object: boolean
  /** The key that was read last. */
  key: string | undefined
}

/** Mutable, and owned by one pass. Throws `DatasetError`. */
class Cutter {
  readonly #path: string
  readonly #keys: ReadonlyArray<string>
  readonly #name: string
  #where: "before" | "inside" | "after" = "before"
  #line = 1
  #inString = false
  #escaped = false

  /** What stands around the array, with `[]` for it. */
  readonly #around: Array<string> = []
  #aroundLength = 0
  /** Where what comes after the array begins in it, and on which line of the file. */
  #after = { at: Number.POSITIVE_INFINITY, line: 1 }
  readonly #stack: Array<Container> = []
  #keyNext = false
  #string = ""

  /** The pieces of the item that is being read. */
  #held: Array<string> = []
  #heldLength = 0
  #depth = 0
  #count = 0
  #itemLine = 0

  constructor(path: string, keys: ReadonlyArray<string>) {
    this.#path = path
    this.#keys = keys
    this.#name = keys.join(".")
  }

  take(piece: string): ReadonlyArray<Row> {
    const rows: Array<Row> = []
    let at = 0
    while (at < piece.length) {
      at = this.#where === "inside" ? this.#inside(piece, at, rows) : this.#outside(piece, at)
    }
    return rows
  }

  end(): ReadonlyArray<Row> {
    if (this.#where === "inside") {
      throw this.#invalid("It ends in the middle of the array.", this.#line)
    }
    const around = this.#around.join("")
    let value: unknown
    try {
      value = JSON.parse(around)
    } catch (error) {
      throw this.#invalid("It is not valid JSON.", this.#lineOf(around, error))
    }
    if (this.#where === "after") return []
    const isArray = this.#keys.length === 0 && Array.isArray(value)
    if (isArray) return []
    throw new DatasetError({
      path: this.#path,
      ...(this.#keys.length === 0 ? {} : { field: this.#name }),
      problem: this.#keys.length === 0 ? "Its JSON is not an array." : "There is no array.",
      fix: 'Name the way to the array of items, as `Dataset.json(file, { at: "data.items" })`.'
    })
  }

  /** Up to the beginning of the array, or to the end of the piece; answers where it stopped. */
  #outside(piece: string, start: number): number {
    for (let at = start; at < piece.length; at++) {
      const code = piece.charCodeAt(at)
      if (this.#inString) {
        if (this.#keyNext) this.#string += piece[at]
        if (this.#escaped) this.#escaped = false
        else if (code === BACKSLASH) this.#escaped = true
        else if (code === QUOTE) this.#endString()
      } else if (code === QUOTE) {
        this.#inString = true
        this.#string = '"'
      } else if (code === OPEN_ARRAY && this.#isWanted()) {
        this.#keep(`${piece.slice(start, at)}[]`)
        this.#where = "inside"
        return at + 1
      } else this.#structure(code)
    }
    this.#keep(piece.slice(start))
    return piece.length
  }

  #structure(code: number): void {
    if (code === LINE_END) this.#line += 1
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      this.#stack.push({ object: code === OPEN_OBJECT, key: undefined })
      this.#keyNext = code === OPEN_OBJECT
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      this.#stack.pop()
      this.#keyNext = false
    } else if (code === COMMA) this.#keyNext = this.#stack.at(-1)?.object === true
    else if (code === COLON) this.#keyNext = false
  }

  #endString(): void {
    this.#inString = false
    const top = this.#stack.at(-1)
    if (!this.#keyNext || top === undefined) return
    try {
      top.key = String(JSON.parse(this.#string))
    } catch {
      // The text as a whole will not parse either.
      top.key = undefined
    }
  }

  #isWanted(): boolean {
    return (
      this.#where === "before" &&
      this.#stack.length === this.#keys.length &&
      this.#stack.every(({ object, key }, index) => object && key === this.#keys[index])
    )
  }

  #keep(text: string): void {
    this.#around.push(text)
    this.#aroundLength += text.length
    if (this.#aroundLength > MAX_AROUND) {
      throw new DatasetError({
        path: this.#path,
        line: this.#line,
        problem: `There is more than ${MAX_AROUND} characters of JSON around the array of items.`,
        fix: "Write the items to a file of their own, best one a line (.jsonl)."
      })
    }
  }

  /** Up to the end of the array, or to that of the piece. */
  #inside(piece: string, start: number, rows: Array<Row>): number {
    let begin = start
    for (let at = start; at < piece.length; at++) {
      const code = piece.charCodeAt(at)
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false
        else if (code === BACKSLASH) this.#escaped = true
        else if (code === QUOTE) this.#inString = false
        else if (code === LINE_END) this.#line += 1
        continue
      }
      if (code === LINE_END) {
        this.#line += 1
        continue
      }
      if (code <= 0x20) continue
      if (this.#depth === 0 && (code === COMMA || code === CLOSE_ARRAY)) {
        this.#hold(piece.slice(begin, at))
        const last = code === CLOSE_ARRAY
        if (this.#itemLine !== 0 || !last || this.#count > 0) rows.push(this.#item())
        begin = at + 1
        if (!last) continue
        this.#where = "after"
        this.#after = { at: this.#aroundLength, line: this.#line }
        return at + 1
      }
      if (this.#itemLine === 0) this.#itemLine = this.#line
      if (code === QUOTE) this.#inString = true
      else if (code === OPEN_OBJECT || code === OPEN_ARRAY) this.#depth += 1
      else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) this.#depth -= 1
    }
    this.#hold(piece.slice(begin))
    return piece.length
  }

  #hold(text: string): void {
    this.#held.push(text)
    this.#heldLength += text.length
    if (this.#heldLength > MAX_ITEM) throw tooLong(this.#path, this.#itemLine || this.#line)
  }

  #item(): Row {
    const line = this.#itemLine === 0 ? this.#line : this.#itemLine
    const at = `${this.#name}[${this.#count}]`
    const text = this.#held.join("")
    this.#held = []
    this.#heldLength = 0
    this.#itemLine = 0
    this.#count += 1
    try {
      return { line, at, value: JSON.parse(text) }
    } catch {
      throw this.#invalid("It is not valid JSON.", line, at)
    }
  }

  #invalid(problem: string, line: number, field?: string): DatasetError {
    return new DatasetError({
      path: this.#path,
      line,
      ...(field === undefined ? {} : { field }),
      problem,
      fix: "Correct it or leave it out; a text cut off in the middle often means an incomplete file."
    })
  }

  /** The parser's place in what stands around the array, as a line of the file. */
  #lineOf(around: string, error: unknown): number {
    const found = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined
    if (found === undefined) return this.#line
    const { at, line } = this.#after
    const place = Number(found)
    const from = place < at ? 0 : at
    return (from === 0 ? 1 : line) + around.slice(from, place).split("\n").length - 1
  }
}

export const tooLong = (path: string, line: number) =>
  new DatasetError({
    path,
    line,
    problem: `An item that begins here has more than ${MAX_ITEM} characters.`,
    fix: "Check that it is the right file and format; a quote or line end may be missing."
  })
