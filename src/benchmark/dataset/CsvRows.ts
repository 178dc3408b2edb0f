/**
 * CSV (RFC 4180) as rows: the first record names the fields of the others, and every value is a string.
 * The parsing is csv-parse's, in its build for the web, which needs nothing of Node.
 */
import { type CsvError, parse } from "csv-parse/browser/esm"
import { Effect, Stream } from "effect"
import type { Row } from "../Dataset.ts"
import { DatasetError } from "../DatasetError.ts"

/** Bytes. A quote that is never closed makes a record of the whole file, at a quarter of a second a megabyte. */
const MAX_RECORD = 16 * 1024 * 1024

interface CsvRecord {
  /** Where it begins. */
  readonly line: number
  readonly fields: ReadonlyArray<string>
}

/** Records under a header; empty lines are passed over. */
export const records = <E, R>(
  path: string,
  text: Stream.Stream<string, E, R>
): Stream.Stream<Row, E | DatasetError, R> =>
  csvRecords(path, text).pipe(
    Stream.mapAccumEffect(
      (): ReadonlyArray<string> | undefined => undefined,
      (header, { line, fields }) =>
        header === undefined
          ? Effect.map(checkHeader(path, line, fields), (names) => [names, []] as const)
          : Effect.succeed([header, [{ line, value: named(header, fields) }]] as const)
    )
  )

/**
 * Feeds the parser a piece of text at a time. It parses inside `write` and hands each record to `on_record`, which keeps
 * it from the parser's own buffers: at most the records of one piece are held.
 */
const csvRecords = <E, R>(
  path: string,
  text: Stream.Stream<string, E, R>
): Stream.Stream<CsvRecord, E | DatasetError, R> =>
  Stream.suspend(() => {
    const lines = lineCounter()
    let found: Array<CsvRecord> = []
    let failure: DatasetError | undefined
    const parser = parse({
      bom: true,
      skip_empty_lines: true,
      max_record_size: MAX_RECORD,
      on_record: (fields, context) => {
        found.push({ line: lines.beginOf(fields, context.lines), fields })
        return null
      }
    })
    parser.on("error", (error: CsvError) => {
      failure ??= parseError(path, error, lines)
    })
    const taken = (): Effect.Effect<ReadonlyArray<CsvRecord>, DatasetError> => {
      if (failure !== undefined) return Effect.fail(failure)
      const page = found
      found = []
      return Effect.succeed(page)
    }
    const fed = Stream.mapEffect(text, (piece) =>
      Effect.suspend(() => {
        parser.write(piece)
        return taken()
      })
    )
    const ended = Effect.callback<void>((resume) => {
      const done = () => resume(Effect.void)
      parser.on("error", done)
      parser.end(done)
    })
    const rest = Stream.fromEffect(Effect.andThen(ended, Effect.suspend(taken)))
    return Stream.flatMap(Stream.concat(fed, rest), Stream.fromIterable)
  })

/** Lines as an editor counts them: csv-parse counts a `\r\n` inside quotes twice. */
const lineCounter = () => {
  let countedTwice = 0
  let last = 0
  return {
    /** First line of the record that the parser has just ended at its line `ended`. */
    beginOf: (fields: ReadonlyArray<string>, ended: number): number => {
      let breaks = 0
      for (const field of fields) {
        const pairs = count(field, /\r\n/g)
        countedTwice += pairs
        breaks += count(field, /[\r\n]/g) - pairs
      }
      last = ended - countedTwice
      return last - breaks
    },
    /** Line after the last record that was complete. */
    next: () => last + 1,
    corrected: (line: number) => line - countedTwice
  }
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0

const checkHeader = (path: string, line: number, fields: ReadonlyArray<string>) => {
  const names = fields.map((name) => name.trim())
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  return repeated === undefined
    ? Effect.succeed(names)
    : Effect.fail(
        new DatasetError({
          path,
          line,
          field: repeated,
          problem: "The header names two columns alike.",
          fix: "Give every column a name of its own."
        })
      )
}

const named = (header: ReadonlyArray<string>, fields: ReadonlyArray<string>): unknown =>
  Object.fromEntries(header.map((name, index) => [name, fields[index]]))

const CLOSE_QUOTE = "CSV_QUOTE_NOT_CLOSED"
const fixes: Partial<Record<string, string>> = {
  [CLOSE_QUOTE]:
    "The record that begins here opens a quote and never closes it; a quote inside a quoted field is written twice.",
  CSV_MAX_RECORD_SIZE:
    "A record has more characters than any item; most often a quote was opened and never closed.",
  CSV_RECORD_INCONSISTENT_FIELDS_LENGTH:
    "Give every record as many fields as the header has; a field with a comma in it needs quotes around it.",
  INVALID_OPENING_QUOTE:
    "Put the quotes around the whole field, and write a quote inside it twice.",
  CSV_INVALID_CLOSING_QUOTE: "A comma or the end of the line must follow a closing quote."
}

/** The parser's own message quotes the text around: only its code is kept. */
const parseError = (
  path: string,
  error: CsvError,
  lines: ReturnType<typeof lineCounter>
): DatasetError => {
  const at = error.lines
  const line =
    error.code === CLOSE_QUOTE
      ? lines.next()
      : typeof at === "number"
        ? lines.corrected(at)
        : undefined
  return new DatasetError({
    path,
    ...(line === undefined ? {} : { line }),
    problem: `It is not valid CSV (${error.code}).`,
    fix: fixes[error.code] ?? "Correct the record or leave it out."
  })
}
