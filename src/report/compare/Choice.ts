/** Which arms of which runs are compared, by which scorer, and what they are called. Pure. */
import { Result } from "effect"
import type { BenchmarkReport } from "../BenchmarkReport.ts"
import type { Outline } from "../export/Export.ts"
import { oneLine } from "../PlainText.ts"
import { CompareError } from "./CompareError.ts"

export interface ComparedRun {
  /** Id of the run in its store. */
  readonly id: string
  readonly name: string
  readonly outline: Outline
  /** Its last one, if there is one. */
  readonly report?: BenchmarkReport | undefined
}

export interface ChosenSide {
  readonly name: string
  /** Place among the runs. */
  readonly run: number
  readonly arm: string
}

export interface Choice {
  readonly sides: ReadonlyArray<ChosenSide>
  readonly scorer: string
}

export interface Asked {
  /** Only these arms, by label. Default: all. */
  readonly arms?: ReadonlyArray<string> | undefined
  /** As `lastNumber@1`. Default: the first scorer of the first run that all runs have. */
  readonly scorer?: string | undefined
}

const refused = (reason: CompareError["reason"], problem: string, fix: string) =>
  Result.fail(new CompareError({ reason, problem, fix }))

const quoted = (text: string): string => JSON.stringify(oneLine(text))
const listed = (texts: ReadonlyArray<string>): string => texts.map(quoted).join(", ")

export const make = (
  runs: ReadonlyArray<ComparedRun>,
  { arms = [], scorer }: Asked
): Result.Result<Choice, CompareError> =>
  Result.flatMap(sidesOf(distinct(runs), arms), (sides) =>
    Result.map(scorerOf(runs, scorer), (scorer) => ({ sides, scorer }))
  )

/** A run that is named twice is one run. */
export const distinct = (runs: ReadonlyArray<ComparedRun>): ReadonlyArray<ComparedRun> => [
  ...new Map(runs.map((run) => [run.id, run])).values()
]

const sidesOf = (
  runs: ReadonlyArray<ComparedRun>,
  arms: ReadonlyArray<string>
): Result.Result<ReadonlyArray<ChosenSide>, CompareError> => {
  const all = [...new Set(runs.flatMap(({ outline }) => outline.arms))]
  const unknown = arms.find((arm) => !all.includes(arm))
  if (unknown !== undefined) {
    return refused(
      "unknown-arm",
      `--arm ${quoted(unknown)}: none of the runs has such an arm.`,
      `They have: ${listed(all)}.`
    )
  }
  const chosen = runs.map(({ outline }) =>
    arms.length === 0 ? outline.arms : outline.arms.filter((arm) => arms.includes(arm))
  )
  const bare = runs.find((_, run) => chosen[run]?.length === 0)
  if (bare !== undefined) {
    return refused(
      "unknown-arm",
      `The run ${quoted(bare.name)} has none of the arms asked for.`,
      `It has: ${listed(bare.outline.arms)}. Name one of them with --arm too.`
    )
  }
  const sides = runs.flatMap((run, place) =>
    (chosen[place] ?? []).map((arm) => ({ name: nameOf(runs, chosen, run, arm), run: place, arm }))
  )
  return sides.length > 1
    ? Result.succeed(sides)
    : refused(
        "one-side",
        "One arm of one run has nothing to be compared with.",
        "Name another run too, or leave out --arm where the run has several arms."
      )
}

/** As short as it can be and yet the only one: the run, the arm within one run, or both. */
const nameOf = (
  runs: ReadonlyArray<ComparedRun>,
  chosen: ReadonlyArray<ReadonlyArray<string>>,
  { id, name }: ComparedRun,
  arm: string
): string => {
  if (runs.length === 1) return arm
  const namesakes = runs.filter((other) => other.name === name).length
  const run = namesakes > 1 ? `${name} (${id})` : name
  return chosen.every((arms) => arms.length === 1) ? run : `${run} ${arm}`
}

const nameAlone = (scorer: string): string => scorer.split("@")[0] ?? ""

const isOf = (scorer: string, asked: string): boolean =>
  scorer === asked || nameAlone(scorer) === nameAlone(asked)

const scorerOf = (
  runs: ReadonlyArray<ComparedRun>,
  asked: string | undefined
): Result.Result<string, CompareError> => {
  const [first] = runs
  const all = first?.outline.scorers ?? []
  const shared = all.filter((scorer) =>
    runs.every(({ outline }) => outline.scorers.includes(scorer))
  )
  // A name alone stands for whichever version all of them have.
  const wanted = asked === undefined ? all : [asked]
  const common = shared.find(
    (scorer) => asked === undefined || scorer === asked || nameAlone(scorer) === asked
  )
  if (common !== undefined) return Result.succeed(common)
  const unscored = runs.find(({ outline }) => outline.scorers.length === 0)
  if (unscored !== undefined) {
    return refused(
      "scorers-differ",
      `No answer of the run ${quoted(unscored.name)} was scored.`,
      "See why with `spillway show`, then go on with it."
    )
  }
  const scorer = wanted[0] ?? ""
  if (!runs.some(({ outline }) => outline.scorers.some((one) => isOf(one, scorer)))) {
    return refused(
      "scorers-differ",
      `No run was scored by ${quoted(scorer)}.`,
      shared.length === 0 ? "Leave out --scorer." : `All were scored by ${listed(shared)}.`
    )
  }
  const without = runs.find(({ outline }) => !outline.scorers.includes(scorer)) ?? first
  const has = without?.outline.scorers ?? []
  const other = has.find((one) => nameAlone(one) === nameAlone(scorer))
  return refused(
    "scorers-differ",
    `${asked === undefined ? "The runs have no scorer in common: " : `--scorer ${quoted(asked)}: `}` +
      `${quoted(without?.name ?? "")} was scored by ${listed(has)}, not by ${quoted(scorer)}.` +
      `${other === undefined ? "" : " Another version may score the same answer otherwise."}`,
    `Score it anew, at no cost for answers: spillway score ${oneLine(without?.name ?? "")} --scorer ${oneLine(nameAlone(scorer))}${asked === undefined ? "." : "; or name a scorer that all have."}`
  )
}
