/**
 * Where a benchmark's items come from: a file or values, and what is done to them on the way (filter, slice, sample, …).
 * A dataset is a description that can be read any number of times; `rows` reads it as a stream through effect's
 * `FileSystem`, in constant memory but where a step says otherwise. What a row must look like is the benchmark's item
 * schema: `Samples.ts`. Nothing here throws: what is wrong with a dataset is a `DatasetError` when it is read.
 */
import { type FileSystem, type Schema, Stream } from "effect"
import { DatasetError } from "./DatasetError.ts"
import * as CsvRows from "./dataset/CsvRows.ts"
import * as DatasetBytes from "./dataset/DatasetBytes.ts"
import * as DatasetSteps from "./dataset/DatasetSteps.ts"
import * as DatasetValues from "./dataset/DatasetValues.ts"
import * as FewShot from "./dataset/FewShot.ts"
import * as Fields from "./dataset/Fields.ts"
import * as JsonItems from "./dataset/JsonItems.ts"
import * as JsonRows from "./dataset/JsonRows.ts"

/** `jsonl`: one JSON value a line. `csv`: a header row, then records of strings. `json`: one array, maybe within objects. */
export type Format = "jsonl" | "csv" | "json"

export type Dataset = Source & {
  /** In the order in which they are taken. */
  readonly steps?: ReadonlyArray<DatasetSteps.Step>
}

type Source =
  | {
      readonly _tag: "File"
      readonly format: Format
      readonly path: string
      /** Of `json`: the keys that lead to the array. */
      readonly at?: ReadonlyArray<string>
    }
  | {
      readonly _tag: "Values"
      readonly values: ReadonlyArray<unknown> | (() => DatasetValues.Given)
      readonly name?: string
    }

/** One item before its schema has seen it. */
export interface Row {
  /** 1-based line where the item begins; of values, the number of the item. */
  readonly line: number
  readonly value: unknown
  /** The item's place in a JSON file, as `data.items[17]`: many items may share a line. */
  readonly at?: string
  /** The file it comes from, where that is another than the dataset's own. */
  readonly path?: string
}

const file =
  (format: Format) =>
  (path: string | URL): Dataset => ({ _tag: "File", format, path: pathOf(path) })

/** JSON Lines, gzip too. Lines end at `\n` only; blank lines are passed over. */
export const jsonl = file("jsonl")

/** Comma-separated values (RFC 4180) with a header row, gzip too. Every field is a string. */
export const csv = file("csv")

export interface JsonOptions {
  /** The array's place: keys with points between, as `data.items`, or as a list where a key has a point in it. Default: the whole file. */
  readonly at?: string | ReadonlyArray<string> | undefined
}

/** One JSON array, gzip too. Read item by item: of the file no more than an item and what is around the array is held. */
export const json = (path: string | URL, { at = [] }: JsonOptions = {}): Dataset => ({
  _tag: "File",
  format: "json",
  path: pathOf(path),
  at: typeof at === "string" ? at.split(".") : at
})

/** Values in the form that the item schema decodes. */
export const array = (values: ReadonlyArray<unknown>): Dataset => ({ _tag: "Values", values })

/**
 * Values from a function, as a generator function is one. It is called once for every pass, of which a run makes several,
 * and must give the same values each time: one that draws at random needs a seed.
 *
 * @param name stands for the dataset in errors
 */
export const generate = (values: () => DatasetValues.Given, name = "generated"): Dataset => ({
  _tag: "Values",
  values,
  name
})

const step = (dataset: Dataset, ...steps: ReadonlyArray<DatasetSteps.Step>): Dataset => ({
  ...dataset,
  steps: [...(dataset.steps ?? []), ...steps]
})

/** The rows that the function keeps. It sees values before the item schema has. */
export const filter = (
  dataset: Dataset,
  keep: (value: unknown, line: number) => boolean
): Dataset => step(dataset, DatasetSteps.filter(keep))

/** The rows that fit the schema and that the function keeps, as `{ level: 5 }` of MATH. Others are left out, silently. */
export const where = <A>(
  dataset: Dataset,
  schema: Schema.ConstraintDecoder<A>,
  keep: (value: A) => boolean
): Dataset => step(dataset, DatasetSteps.filter(Fields.fits(schema, keep)))

/** Each value replaced by what the function makes of it. */
export const map = (dataset: Dataset, change: (value: unknown, line: number) => unknown): Dataset =>
  step(dataset, DatasetSteps.map(change))

/**
 * Each value replaced by an object of these fields and no others, each taken from a place in the old one (`"target"`,
 * `"answer.text"`, `"choices.0"`) or made by a function. A place that a row has not leaves the field out: the item schema says so.
 */
export const fields = (dataset: Dataset, places: Fields.Places): Dataset =>
  step(dataset, DatasetSteps.map(Fields.pick(places)))

/** So many rows from an offset on. */
export const slice = (dataset: Dataset, range: DatasetSteps.Slice): Dataset =>
  step(dataset, DatasetSteps.slice(range))

/** So many rows, drawn by a seed, in their order. Holds them in memory; the first is there once the last is read. */
export const sample = (dataset: Dataset, options: DatasetSteps.Sample): Dataset =>
  step(dataset, DatasetSteps.sample(options))

/** In an order drawn by a seed; exact for up to `hold` rows (100,000), which are held in memory. See `dataset/DatasetSteps.ts`. */
export const shuffle = (dataset: Dataset, options: DatasetSteps.Shuffle = {}): Dataset =>
  step(dataset, DatasetSteps.shuffle(options))

/** The rows of all, one dataset after the other; of errors each keeps its own file and line. */
export const concat = (first: Dataset, ...others: ReadonlyArray<Dataset>): Dataset =>
  step(
    first,
    ...others.map((other) =>
      DatasetSteps.append(
        Stream.suspend(() => rows(other)),
        nameOf(other)
      )
    )
  )

/** Worked examples from a pool, put into each row for its prompt; never the item itself. See `dataset/FewShot.ts`. */
export const withExamples = (dataset: Dataset, pool: Dataset, options: FewShot.FewShot): Dataset =>
  step(
    dataset,
    FewShot.withExamples(
      Stream.suspend(() => rows(pool)),
      nameOf(pool),
      options
    )
  )

/**
 * The same benchmark on another file, with the same steps. The format follows the extension (`.jsonl`, `.ndjson`, `.csv`, `.json`, each also
 * with `.gz`); without a path it stays what it is; another extension keeps the format that the dataset had, or is read as JSON Lines.
 */
export const at = (dataset: Dataset, path: string | undefined): Dataset => {
  if (path === undefined) return dataset
  const own = dataset._tag === "File" ? dataset.format : "jsonl"
  const format = formatOf(path) ?? own
  // The way to the array belongs to the form of the data, which another file of a benchmark shares.
  const at = format === "json" && dataset._tag === "File" ? dataset.at : undefined
  return {
    _tag: "File",
    format,
    path,
    ...(at === undefined ? {} : { at }),
    ...(dataset.steps === undefined ? {} : { steps: dataset.steps })
  }
}

/** The name to show: the path, or `array`. */
export const nameOf = (dataset: Dataset): string =>
  dataset._tag === "File" ? dataset.path : (dataset.name ?? "array")

export const rows = (dataset: Dataset): DatasetSteps.Rows =>
  (dataset.steps ?? []).reduce((all, take) => take(all, nameOf(dataset)), source(dataset))

const source = (dataset: Dataset): DatasetSteps.Rows => {
  if (dataset._tag === "Values") return DatasetValues.rows(nameOf(dataset), dataset.values)
  const text = DatasetBytes.text(dataset.path)
  switch (dataset.format) {
    case "jsonl":
      return JsonRows.lines(dataset.path, text)
    case "json":
      return JsonItems.items(dataset.path, dataset.at ?? [], text)
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
    fix:
      (dataset.steps ?? []).length === 0
        ? "Check that it is the right file and was written completely."
        : "Check that it is the right file, and what its filters and slices leave."
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
