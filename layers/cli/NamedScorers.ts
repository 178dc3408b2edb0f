/** What `--scorer` names: a ready-made scorer by its name, or the scorers that a file exports. */

import { Effect } from "effect"
import type { Benchmark } from "../../src/benchmark/Benchmark.ts"
import * as Scorer from "../../src/benchmark/Scorer.ts"
import { oneLine } from "../../src/report/PlainText.ts"
import * as BenchmarkFile from "./BenchmarkFile.ts"
import { UsageError } from "./ExitCode.ts"

type AnyScorer = Scorer.AnyScorer<unknown, unknown>
type Scorers = Benchmark<unknown, unknown>["scorers"]

/** Those that need no options; with options a scorer is written in a file. */
const ready: Readonly<Record<string, () => AnyScorer>> = {
  exactMatch: () => Scorer.exactMatch,
  normalised: () => Scorer.normalised(),
  includes: () => Scorer.includes(),
  finalAnswer: () => Scorer.finalAnswer,
  bbhExact: () => Scorer.bbhExact,
  lastNumber: () => Scorer.lastNumber,
  numeric: () => Scorer.numeric(),
  gsm8kStrict: () => Scorer.gsm8kStrict,
  gsm8kFlexible: () => Scorer.gsm8kFlexible,
  multipleChoice: () => Scorer.multipleChoice(),
  jsonEqual: () => Scorer.jsonEqual(),
  tokenF1: () => Scorer.tokenF1(),
  squadExactMatch: () => Scorer.squadExactMatch()
}

export const names: ReadonlyArray<string> = Object.keys(ready)

/** A name has neither a folder nor an ending. */
const isFile = (asked: string): boolean => /[/\\]|\.[cm]?[jt]s$/.test(asked)

const load = Effect.fnUntraced(function* (asked: string) {
  const known = Object.hasOwn(ready, asked) ? ready[asked] : undefined
  if (known !== undefined) return [known()]
  if (!isFile(asked)) {
    return yield* new UsageError({
      problem: `--scorer ${oneLine(asked)}: there is no ready-made scorer of that name.`,
      fix: `Name one of ${names.join(", ")}; or a .ts file that exports scorers.`
    })
  }
  const module = yield* BenchmarkFile.imported(asked, "that exports scorers")
  const found = Object.values(module).flat().filter(isScorer)
  if (found.length > 0) return found
  return yield* new UsageError({
    problem: `--scorer ${oneLine(asked)}: the file exports no scorer.`,
    fix: "Export one, as `export default Scorer.numeric({ relative: 0.01 })`, or a list of them."
  })
})

const isScorer = (value: unknown): value is AnyScorer => {
  if (typeof value !== "object" || value === null) return false
  if (!("name" in value && typeof value.name === "string" && value.name !== "")) return false
  if (!("version" in value && Number.isInteger(value.version))) return false
  return "_tag" in value && value._tag === "Judge"
    ? "verdictOf" in value && "request" in value && "probe" in value
    : "score" in value && typeof value.score === "function"
}

/**
 * The benchmark's scorers with those asked for: one of a name that the benchmark has takes that one's place, others come
 * after them, in the order given.
 */
export const applied = Effect.fn("NamedScorers.applied")(function* (
  own: Scorers,
  asked: ReadonlyArray<string>
): Effect.fn.Return<Scorers, UsageError> {
  const loaded = (yield* Effect.forEach(asked, load)).flat()
  const [first, ...others] = own
  return loaded.reduce<Scorers>(
    ([head, ...rest], scorer) =>
      head.name === scorer.name
        ? [scorer, ...rest]
        : rest.some(({ name }) => name === scorer.name)
          ? [head, ...rest.map((one) => (one.name === scorer.name ? scorer : one))]
          : [head, ...rest, scorer],
    [first, ...others]
  )
})
