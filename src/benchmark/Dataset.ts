/**
 * Where a benchmark's items come from: a file or values in memory. A dataset is a description that can be read any
 * number of times; `rows` reads it in constant memory through effect's `FileSystem`. What a row must look like is the
 * benchmark's item schema: `Samples.ts`.
 */
import { type FileSystem, Stream } from "effect"
import * as CsvRows from "./CsvRows.ts"
import * as DatasetBytes from "./DatasetBytes.ts"
import { DatasetError } from "./DatasetError.ts"
import * as JsonRows from "./JsonRows.ts"

/** `jsonl`: one JSON value a line. `csv`: a header row, then records of strings. `json`: one array, read as a whole. */
export type Format = "jsonl" | "csv" | "json"

export type Dataset =
  | { readonly _tag: "File"; readonly format: Format; readonly path: string }
  | { readonly _tag: "Values"; readonly values: ReadonlyArray<unknown> }

/** One item before its schema has seen it. */
export interface Row {
  /** 1-based line where the item begins; in an array, the number of the item. */
  readonly line: number
  readonly value: unknown
}

const file =
  (format: Format) =>
  (path: string | URL): Dataset => ({ _tag: "File", format, path: pathOf(path) })

/** JSON Lines, gzip too. Lines end at `\n` only; blank lines are passed over. */
export const jsonl = file("jsonl")

/** Comma-separated values (RFC 4180) with a header row, gzip too. Every field is a string. */
export const csv = file("csv")

/** One JSON array, gzip too. Held in memory as a whole: for small files. */
export const json = file("json")

/** Values in the form that the item schema decodes. */
export const array = (values: ReadonlyArray<unknown>): Dataset => ({ _tag: "Values", values })

/**
 * The same benchmark on another file. The format follows the extension (`.jsonl`, `.ndjson`, `.csv`, `.json`, each also
 * with `.gz`); without a path it stays what it is; another extension keeps the format that the dataset had, or is read as JSON Lines.
 */
export const at = (dataset: Dataset, path: string | undefined): Dataset => {
  if (path === undefined) return dataset
  const own = dataset._tag === "File" ? dataset.format : "jsonl"
  return { _tag: "File", format: formatOf(path) ?? own, path }
}

/** The name to show: the path, or `array`. */
export const nameOf = (dataset: Dataset): string =>
  dataset._tag === "File" ? dataset.path : "array"

export const rows = (dataset: Dataset): Stream.Stream<Row, DatasetError, FileSystem.FileSystem> => {
  if (dataset._tag === "Values") {
    return Stream.fromIterable(dataset.values).pipe(
      Stream.zipWithIndex,
      Stream.map(([value, index]) => ({ line: index + 1, value }))
    )
  }
  const text = DatasetBytes.text(dataset.path)
  switch (dataset.format) {
    case "jsonl":
      return JsonRows.lines(dataset.path, text)
    case "json":
      return JsonRows.array(dataset.path, text)
    case "csv":
      return CsvRows.records(dataset.path, text)
  }
}

/** As `rows`, and fails where there is none. */
export const rowsOrEmpty = (
  dataset: Dataset
): Stream.Stream<Row, DatasetError, FileSystem.FileSystem> =>
  Stream.suspend(() => {
    let some = false
    return rows(dataset).pipe(
      Stream.mapArray((page) => {
        some = true
        return page
      }),
      Stream.concat(Stream.suspend(() => (some ? Stream.empty : Stream.fail(empty(dataset)))))
    )
  })

const empty = (dataset: Dataset) =>
  new DatasetError({
    path: nameOf(dataset),
    problem: "It holds no items.",
    fix: "Check that it is the right file and was written completely."
  })

const formatOf = (path: string): Format | undefined => {
  const extension = /\.([a-z]+)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase()
  if (extension === "jsonl" || extension === "ndjson") return "jsonl"
  return extension === "csv" || extension === "json" ? extension : undefined
}

/** A `file:` URL, as `new URL("data.jsonl", import.meta.url)`, becomes a path; `/C:/x` of Windows becomes `C:/x`. */
const pathOf = (path: string | URL): string =>
  typeof path === "string"
    ? path
    : decodeURIComponent(path.pathname).replace(/^\/(?=[A-Za-z]:\/)/, "")
