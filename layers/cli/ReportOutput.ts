/** Where a report goes: a table on the terminal, JSON to a file or standard output. */
import { Console, Effect, FileSystem } from "effect"
import { UsageError } from "./ExitCode.ts"
import * as OutputFile from "./OutputFile.ts"

export interface Output {
  /** `--json`: a file, or `-` for standard output; then the table is left out. */
  readonly json?: string | undefined
  readonly quiet: boolean
}

/** Before the run: a report that has no place to go is found out now. */
export const check = ({ json }: Output): Effect.Effect<void, UsageError> =>
  json === undefined || json === "-" ? Effect.void : OutputFile.check("--json", json)

/** The controls that JSON leaves as they are: those of C1, which some terminals obey, and marks of direction. */
const CONTROLS = /[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** JSON that may be looked at on a terminal: the same value, without a character that a terminal obeys. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(
    CONTROLS,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

export const write = Effect.fn("ReportOutput.write")(function* (
  report: object,
  table: () => string,
  output: Output
) {
  if (!output.quiet && output.json !== "-") yield* Console.log(table().trimEnd())
  if (output.json === undefined) return
  const text = jsonText(report, 2)
  if (output.json === "-") return yield* Console.log(text)
  const files = yield* FileSystem.FileSystem
  yield* files.writeFileString(output.json, `${text}\n`, { mode: 0o600 }).pipe(
    Effect.mapError(
      (error) =>
        new UsageError({
          problem: `The report cannot be written to ${output.json} (${error.reason._tag}).`,
          fix: "Everything is in the store: start the same run again with another --json file."
        })
    )
  )
})
