/** The rows of an export as CSV (RFC 4180), by csv-stringify in its build for the web, which needs nothing of Node. */
import { stringify } from "csv-stringify/browser/esm/sync"
import * as CsvCell from "./CsvCell.ts"
import type { ExportRow } from "./ExportRow.ts"

type Value = string | number | null

interface Column {
  readonly name: string
  readonly of: (row: ExportRow) => Value
}

const same = (name: keyof ExportRow & string): Column => ({
  name,
  of: (row) => {
    const value = row[name]
    return typeof value === "string" || typeof value === "number" ? value : null
  }
})

/** A single user message is its text. */
const promptOf = ({ prompt }: ExportRow): string => {
  const [first, second] = prompt
  return first !== undefined && second === undefined && first.role === "user"
    ? first.text
    : prompt.map(({ role, text }) => `${role}: ${text}`).join("\n\n")
}

/** What there is one of, as text; nothing for none. */
const json = (values: ReadonlyArray<unknown> | undefined): Value =>
  values === undefined || values.length === 0 ? null : JSON.stringify(values)

/** Of one scorer: `score:lastNumber@1` and beside it what it judged, why, and why it could not. */
const scorerColumns = (scorer: string): ReadonlyArray<Column> => {
  const found = (row: ExportRow) => row.scores.find((one) => one.scorer === scorer)
  return [
    { name: `score:${scorer}`, of: (row) => found(row)?.score ?? null },
    { name: `extracted:${scorer}`, of: (row) => found(row)?.extracted ?? null },
    { name: `explanation:${scorer}`, of: (row) => found(row)?.explanation ?? null },
    { name: `score_failed:${scorer}`, of: (row) => found(row)?.failed ?? null }
  ]
}

const before: ReadonlyArray<Column> = [
  ...(["run", "benchmark"] as const).map(same),
  { name: "simulated", of: ({ simulated }) => (simulated === null ? null : String(simulated)) },
  ...(["item_id", "index", "line", "group"] as const).map(same),
  { name: "tags", of: ({ tags }) => (tags.length === 0 ? null : tags.join(", ")) },
  ...(["arm", "repeat", "turns", "end"] as const).map(same)
]

const answerColumns: ReadonlyArray<Column> = [
  same("answer"),
  same("refusal"),
  { name: "tool_calls", of: (row) => json(row.tool_calls) },
  { name: "earlier_answers", of: (row) => json(row.earlier_answers) }
]

const after: ReadonlyArray<Column> = [
  ...(
    [
      ...(["failure_reason", "failure_message", "problem", "served_model", "latency_ms"] as const),
      ...(["input_tokens", "output_tokens", "cost_usd"] as const)
    ] as const
  ).map(same),
  { name: "shared", of: ({ shared }) => String(shared) },
  same("key")
]

export interface Options {
  /** As `lastNumber@1`, in their order. */
  readonly scorers: ReadonlyArray<string>
  readonly answers: boolean
}

export interface Csv {
  /** Names of the columns, as a line. */
  readonly header: string
  /** Each row a line, but for line breaks in its texts. */
  readonly lines: (rows: ReadonlyArray<ExportRow>) => string
  /** Texts that were longer than a cell of a spreadsheet and were cut. */
  readonly cut: () => number
}

/** Texts are quoted, numbers are not; what is not known is an empty cell. */
export const make = ({ answers, scorers }: Options): Csv => {
  let cut = 0
  const columns: ReadonlyArray<Column> = [
    ...before,
    ...scorers.flatMap(scorerColumns),
    same("target"),
    { name: "prompt", of: promptOf },
    ...(answers ? answerColumns : []),
    ...after
  ]
  const cellOf = (value: Value): Value => {
    if (typeof value !== "string") return value
    const cell = CsvCell.make(value)
    if (cell.cut) cut += 1
    return cell.text
  }
  const text = (rows: ReadonlyArray<ReadonlyArray<Value>>) =>
    stringify(
      rows.map((row) => row.map(cellOf)),
      { quoted_string: true }
    )
  return {
    header: text([columns.map(({ name }) => name)]),
    lines: (rows) =>
      rows.length === 0 ? "" : text(rows.map((row) => columns.map(({ of }) => of(row)))),
    cut: () => cut
  }
}
