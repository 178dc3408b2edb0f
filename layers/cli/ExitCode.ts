/**
 * How the command line ends. 0 done; 1 failed, or a bound that was asked for is missed; 2 bad usage, settings or input;
 * 3 stopped but resumable, or results that are not all there yet; 130 interrupted, drained and saved.
 */
import { Cause, Data, Effect, Exit, Option, Runtime } from "effect"
import * as CliError from "effect/cli/CliError"
import { sanitize } from "../../src/report/PlainText.ts"

/** Something in the call or in the files it names must be corrected. */
export class UsageError extends Data.TaggedError("UsageError")<{
  readonly problem: string
  readonly fix: string
}> {
  override get message(): string {
    return `${this.problem} ${this.fix}`
  }
}

/** The run ended, but not as well as was asked for (`--max-failed`, `--min-score`). */
export class BoundMissed extends Data.TaggedError("BoundMissed")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

/** Results were written, but not of all requests yet. */
export class ResultsMissing extends Data.TaggedError("ResultsMissing")<{
  readonly missing: number
  readonly next: string
}> {
  override get message(): string {
    const requests = this.missing === 1 ? "request has" : "requests have"
    return `${this.missing.toLocaleString("en-US")} ${requests} no result yet. ${this.next}`
  }
  override readonly [Runtime.errorExitCode]: number = 3
}

/** Found before anything was sent, and mended by the user. */
const INPUT_ERRORS = new Set([
  "UsageError",
  "SettingsError",
  "DatasetError",
  "BenchmarkError",
  "CatalogFileError",
  "RequestRefused",
  "ArmError",
  "CompareError",
  "FaultSyntaxError",
  "SimulatorNotStarted"
])

const codeOf = (error: unknown): number => {
  if (CliError.isCliError(error)) return 2
  if (typeof error !== "object" || error === null) return 1
  if (Runtime.errorExitCode in error && typeof error[Runtime.errorExitCode] === "number") {
    return error[Runtime.errorExitCode]
  }
  return "_tag" in error && INPUT_ERRORS.has(String(error._tag)) ? 2 : 1
}

export const teardown: Runtime.Teardown = (exit, onExit) => {
  if (Exit.isSuccess(exit)) return onExit(0)
  if (Cause.hasInterruptsOnly(exit.cause)) return onExit(130)
  onExit(codeOf(Cause.squash(exit.cause)))
}

/**
 * The message of an expected failure; the whole cause of a defect, which is a bug. A call that cannot be read has been
 * answered by `Usage.ts`. Messages carry names and texts of others: no control sequence of theirs gets out.
 */
export const report = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.tapCause(program, (cause) =>
    Effect.sync(() => {
      if (Cause.hasInterruptsOnly(cause)) return
      const error = Option.getOrUndefined(Cause.findErrorOption(cause))
      if (CliError.isCliError(error)) return
      const text =
        error instanceof Error && !Cause.hasDies(cause) ? error.message : Cause.pretty(cause)
      process.stderr.write(`spillway: ${sanitize(text)}\n`)
    })
  )
