/** Everything that is wrong with the settings of one start, at once. Values are never repeated: some are secrets. */
import { Runtime, Schema } from "effect"
import { type Verdict, verdict } from "../error/Verdict.ts"

export const SettingProblem = Schema.Struct({
  /** The environment variable, or the field where settings are given as values. */
  variable: Schema.String,
  problem: Schema.String,
  /** A value that would do; for secrets, its form. Empty where a value is not what is wrong. */
  example: Schema.String
})
export type SettingProblem = typeof SettingProblem.Type

export class SettingsError extends Schema.TaggedError<SettingsError>()("SettingsError", {
  problems: Schema.Array(SettingProblem)
}) {
  override get message(): string {
    const count =
      this.problems.length === 1 ? "A setting is" : `${this.problems.length} settings are`
    const lines = this.problems.map(({ variable, problem, example }) => {
      const line = `  ${variable}: ${problem}`
      return example === "" ? line : `${line} Example: ${variable}=${example}`
    })
    return [`${count} not usable:`, ...lines].join("\n")
  }
  get verdict(): Verdict {
    return verdict({ blast: "run", advice: "Correct the settings that are named and start again." })
  }
  /** The exit code of bad settings. */
  override readonly [Runtime.errorExitCode]: number = 2
}
