/** Where a report goes: a table on the terminal, JSON to a file or standard output. */
import { Console, Effect, FileSystem } from "effect"
import { UsageError } from "./ExitCode.ts"

export interface Output {
  /** `--json`: a file, or `-` for standard output; then the table is left out. */
  readonly json?: string | undefined
  readonly quiet: boolean
}

export const write = Effect.fn("ReportOutput.write")(function* (
  report: object,
  table: () => string,
  output: Output
) {
  if (!output.quiet && output.json !== "-") yield* Console.log(table().trimEnd())
  if (output.json === undefined) return
  const text = `${JSON.stringify(report, null, 2)}\n`
  if (output.json === "-") return yield* Effect.sync(() => process.stdout.write(text))
  const files = yield* FileSystem.FileSystem
  yield* files.writeFileString(output.json, text, { mode: 0o600 }).pipe(
    Effect.mapError(
      (error) =>
        new UsageError({
          problem: `The report cannot be written to ${output.json} (${error.reason._tag}).`,
          fix: "Everything is in the store: start the same run again with another --json file."
        })
    )
  )
})
