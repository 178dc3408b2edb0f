/**
 * Compares runs of a store on the items they have in common. An item is the same in two runs where its id is: ids come
 * from an item's content unless the benchmark names its own. Needs no benchmark file, no dataset and no lock. Memory: an
 * entry of some 50 bytes for an item and 16 for each side (`ItemTable.ts`), not the items.
 */
import { Effect, Stream } from "effect"
import { CheckpointStore, type StoreError } from "../../checkpoint/CheckpointStore.ts"
import * as Comparisons from "../Comparisons.ts"
import * as Figures from "../Figures.ts"
import { oneLine } from "../PlainText.ts"
import { version } from "../Version.ts"
import * as Choice from "./Choice.ts"
import { CompareError } from "./CompareError.ts"
import type { CompareReport, Pair } from "./CompareReport.ts"
import * as ItemTable from "./ItemTable.ts"
import * as SideTally from "./SideTally.ts"
import * as WonItems from "./WonItems.ts"

export interface Options extends Choice.Asked {
  /** How an answer counts that the model did not give. Default: as the first run's benchmark says, else `wrong`. */
  readonly noAnswer?: CompareReport["noAnswerPolicy"] | undefined
  /** Of the bootstrap, 1 unless given. */
  readonly seed?: number | undefined
}

export const make = Effect.fn("Compare.make")(function* (
  given: ReadonlyArray<Choice.ComparedRun>,
  options: Options = {}
): Effect.fn.Return<CompareReport, CompareError | StoreError, CheckpointStore> {
  const runs = Choice.distinct(given)
  const { scorer, sides } = yield* Effect.fromResult(Choice.make(runs, options))
  const policy = options.noAnswer ?? runs[0]?.report?.noAnswerPolicy ?? "wrong"
  const table = ItemTable.make(sides.length)
  const tallies = sides.map(({ arm }) => SideTally.make(arm, scorer))
  yield* fill(runs, sides, tallies, table)

  const labels = sides.map(({ name }) => name)
  const places = Comparisons.pairsOf(sides.length)
  const overlaps = places.map((pair) => overlapOf(table, pair))
  yield* checkOverlaps(labels, places, overlaps)

  const [chosen, other] = policy === "wrong" ? columns : columns.toReversed()
  const judged = judge(labels, table, chosen, options.seed)
  const otherwise = sameScores(table, sides.length)
    ? judged
    : judge(labels, table, other, options.seed)
  const won = yield* WonItems.find({ runs, sides, places, table, policy: chosen ?? "wrong" })
  const pairs = places.flatMap(([a, b], place): ReadonlyArray<Pair> => {
    const [overlap, comparison] = [overlaps[place], judged[place]]
    const [otherPolicy, better] = [otherwise[place], won[place]]
    return overlap && comparison && otherPolicy && better
      ? [{ a: labels[a] ?? "", b: labels[b] ?? "", ...overlap, comparison, otherPolicy, ...better }]
      : []
  })
  return {
    spillway: version,
    scorer,
    noAnswerPolicy: policy,
    simulated: runs.some(({ report }) => report?.simulated === true),
    complete: runs.every(({ report }) => report?.complete === true),
    sides: sides.flatMap(({ arm, name, run }, side) => {
      const of = runs[run]
      const tally = tallies[side]
      if (of === undefined || tally === undefined) return []
      const benchmark = of.report?.benchmark ?? null
      return [tally.result({ name, run: of.name, runId: of.id, arm, benchmark })]
    }),
    pairs,
    warnings: warningsOf(runs, scorer, pairs)
  }
})

const columns: ReadonlyArray<ItemTable.Policy> = ["wrong", "excluded"]

/** One pass over each run. */
const fill = Effect.fnUntraced(function* (
  runs: ReadonlyArray<Choice.ComparedRun>,
  sides: ReadonlyArray<Choice.ChosenSide>,
  tallies: ReadonlyArray<SideTally.SideTally>,
  table: ItemTable.ItemTable
) {
  const store = yield* CheckpointStore
  for (const [run, { id }] of runs.entries()) {
    const own = sides.flatMap((side, place) => (side.run === run ? [place] : []))
    yield* Stream.runForEachArray(store.results(id), (items) =>
      Effect.sync(() => {
        for (const item of items) {
          const place = table.place(item.itemId, item.group)
          for (const side of own) {
            const means = tallies[side]?.add(item)
            if (means !== undefined) table.set(side, place, means)
          }
        }
      })
    )
  }
})

type Overlap = Pick<Pair, "common" | "onlyInA" | "onlyInB" | "unpaired">

const overlapOf = (table: ItemTable.ItemTable, [a, b]: Comparisons.Pair): Overlap => {
  const counts = { common: 0, onlyInA: 0, onlyInB: 0, unpaired: 0 }
  for (let place = 0; place < table.size(); place++) {
    const one = table.mean("wrong", a, place)
    const other = table.mean("wrong", b, place)
    if (one === ItemTable.ABSENT) counts.onlyInB += other === ItemTable.ABSENT ? 0 : 1
    else if (other === ItemTable.ABSENT) counts.onlyInA += 1
    else {
      counts.common += 1
      if (Number.isNaN(one) || Number.isNaN(other)) counts.unpaired += 1
    }
  }
  return counts
}

const checkOverlaps = (
  labels: ReadonlyArray<string>,
  places: ReadonlyArray<Comparisons.Pair>,
  overlaps: ReadonlyArray<Overlap>
): Effect.Effect<void, CompareError> => {
  const apart = overlaps.findIndex(({ common }) => common === 0)
  const [a, b] = places[apart] ?? []
  const overlap = overlaps[apart]
  if (a === undefined || b === undefined || overlap === undefined) return Effect.void
  const side = (label: string | undefined, items: number) =>
    `"${oneLine(label ?? "")}" (${Figures.plural(items, "item")})`
  return Effect.fail(
    new CompareError({
      reason: "no-common-items",
      problem:
        `${side(labels[a], overlap.onlyInA)} and ${side(labels[b], overlap.onlyInB)} have no item in common. ` +
        "An item's id comes from its content, unless the benchmark's `id` names it: the datasets differ, or every item was edited, or one benchmark names its items and the other does not.",
      fix: "Compare runs of the same dataset; where items are edited on purpose, give them an `id` of their own in the benchmark and run it again (what is unchanged is not paid for again)."
    })
  )
}

const judge = (
  labels: ReadonlyArray<string>,
  table: ItemTable.ItemTable,
  policy: ItemTable.Policy | undefined,
  seed: number | undefined
): ReadonlyArray<Pair["comparison"]> => {
  const comparisons = Comparisons.make(labels, { seed })
  for (let place = 0; place < table.size(); place++) {
    const scores = labels.map((_, side) => {
      const mean = table.mean(policy ?? "wrong", side, place)
      return mean === ItemTable.ABSENT || Number.isNaN(mean) ? [] : [mean]
    })
    // An item of one side alone is in no pair.
    if (scores.filter(({ length }) => length > 0).length > 1) {
      comparisons.add(scores, table.group(place))
    }
  }
  return comparisons.result()
}

/** Everything was answered: both policies say the same. */
const sameScores = (table: ItemTable.ItemTable, sides: number): boolean => {
  for (let side = 0; side < sides; side++) {
    for (let place = 0; place < table.size(); place++) {
      if (!Object.is(table.mean("wrong", side, place), table.mean("excluded", side, place))) {
        return false
      }
    }
  }
  return true
}

/** Below this share of the smaller run's items the comparison is about something else than the runs. */
const FEW_IN_COMMON = 0.5

const warningsOf = (
  runs: ReadonlyArray<Choice.ComparedRun>,
  scorer: string,
  pairs: ReadonlyArray<Pair>
): ReadonlyArray<string> => {
  const others = runs.filter(({ outline }) => outline.scorers[0] !== scorer)
  const names = new Set(runs.flatMap(({ report }) => (report ? [report.benchmark] : [])))
  return [
    ...(others.length === 0
      ? []
      : [
          `Scored by ${scorer}, which is not the first scorer of ${others.map(nameOf).join(", ")}.`
        ]),
    ...(names.size > 1
      ? [`The runs are of different benchmarks: ${[...names].map(quoted).join(", ")}.`]
      : []),
    ...pairs.flatMap(({ a, b, common, onlyInA, onlyInB }) => {
      const smaller = common + Math.min(onlyInA, onlyInB)
      return common >= FEW_IN_COMMON * smaller
        ? []
        : [
            `${quoted(a)} and ${quoted(b)} have only ${Figures.count(common)} of ${Figures.count(smaller)} items in common.`
          ]
    })
  ]
}

const quoted = (text: string): string => `"${oneLine(text)}"`
const nameOf = ({ name }: Choice.ComparedRun): string => quoted(name)
