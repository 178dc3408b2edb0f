/**
 * Flags that name an arm's reasoning effort or prompt variant: a name that there is not is refused with those there are.
 * Whether a model takes a temperature or an effort is the catalogue's to say: `benchmark/Arm.ts`.
 */
import { Effect } from "effect"
import type { Benchmark } from "../../src/benchmark/Benchmark.ts"
import { ModelCatalog } from "../../src/model/ModelCatalog.ts"
import { oneLine } from "../../src/report/PlainText.ts"
import { UsageError } from "./ExitCode.ts"
import type { RunSettings } from "./RunSettings.ts"

const quoted = (name: string): string => JSON.stringify(oneLine(name))

const refused = (problem: string, fix: string) => Effect.fail(new UsageError({ problem, fix }))

/** @param asked flags of this call, or what a run remembers of an earlier one */
export const checkPrompts = <Item, Answer>(
  { name, prompt }: Pick<Benchmark<Item, Answer>, "name" | "prompt">,
  { prompts = [] }: Pick<RunSettings, "prompts">
): Effect.Effect<void, UsageError> => {
  const names = typeof prompt === "function" ? [] : Object.keys(prompt)
  const unknown = prompts.find((asked) => !names.includes(asked))
  if (unknown === undefined) return Effect.void
  return names.length === 0
    ? refused(
        `--prompt ${quoted(unknown)}: the benchmark ${quoted(name)} has one prompt without a name.`,
        "Leave the flag out, or give the benchmark's `prompt` as { name: item => … }."
      )
    : refused(
        `--prompt ${quoted(unknown)}: the benchmark ${quoted(name)} has no such prompt variant.`,
        `It has: ${names.map(quoted).join(", ")}.`
      )
}

/** A slip of the pen; an effort that only other models have is told with its arm. */
export const checkEfforts = Effect.fnUntraced(function* ({
  reasoningEfforts = []
}: Pick<RunSettings, "reasoningEfforts">) {
  if (reasoningEfforts.length === 0) return
  const { models } = yield* ModelCatalog
  const known = new Set(models.flatMap(({ efforts }) => efforts))
  const unknown = reasoningEfforts.find((effort) => !known.has(effort))
  if (unknown !== undefined) {
    return yield* refused(
      `--effort ${quoted(unknown)}: no model of the catalogue has such a reasoning effort.`,
      `There are: ${[...known].sort().join(", ")}; --catalog FILE can add others.`
    )
  }
})
