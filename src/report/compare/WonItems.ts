/** Which items one side of a pair did better on: a second pass over the runs, for what the table has not kept. */
import { Effect, Stream } from "effect"
import { CheckpointStore, type StoreError } from "../../checkpoint/CheckpointStore.ts"
import type { ItemRecord } from "../../checkpoint/ItemRecord.ts"
import type * as Comparisons from "../Comparisons.ts"
import type { ChosenSide, ComparedRun } from "./Choice.ts"
import type { Pair, WonItem } from "./CompareReport.ts"
import * as ItemTable from "./ItemTable.ts"
import * as Questions from "./Questions.ts"

type Better = Pick<Pair, "betterA" | "betterB">

interface Found {
  readonly shown: (item: ItemRecord) => string
  readonly a: number
  readonly b: number
  readonly counts: { a: number; b: number }
  readonly listed: { readonly a: Array<WonItem>; readonly b: Array<WonItem> }
}

/** Items in all lists together: some 30 MB. */
const LISTED = 100_000

export interface Options {
  readonly runs: ReadonlyArray<ComparedRun>
  readonly sides: ReadonlyArray<ChosenSide>
  readonly places: ReadonlyArray<Comparisons.Pair>
  readonly table: ItemTable.ItemTable
  readonly policy: ItemTable.Policy
}

/** In the order of the pairs. */
export const find = Effect.fnUntraced(function* ({
  places,
  policy,
  runs,
  sides,
  table
}: Options): Effect.fn.Return<ReadonlyArray<Better>, StoreError, CheckpointStore> {
  const store = yield* CheckpointStore
  const most = Math.floor(LISTED / (2 * places.length))
  const beginnings = yield* Effect.forEach(runs, ({ id }) =>
    Stream.runCollect(Stream.take(store.results(id), Questions.LEARNT_FROM))
  )
  const all = places.map(([a, b]): Found => {
    const { arm = "", run = 0 } = sides[a] ?? {}
    const shown = Questions.learn(beginnings[run] ?? [], arm, MOST_OF_PROMPT)
    return { shown, a, b, counts: { a: 0, b: 0 }, listed: { a: [], b: [] } }
  })
  const look = (item: ItemRecord, own: ReadonlyArray<Found>) => {
    const place = table.place(item.itemId)
    for (const found of own) {
      const a = table.mean(policy, found.a, place)
      const b = table.mean(policy, found.b, place)
      // False for NaN, which is no score.
      const decided = a > b || b > a
      if (!decided || a === ItemTable.ABSENT || b === ItemTable.ABSENT) continue
      const winner = a > b ? "a" : "b"
      found.counts[winner] += 1
      if (found.listed[winner].length >= most) continue
      found.listed[winner].push(wonItem(item, found.shown(item), a, b))
    }
  }
  for (const [run, { id }] of runs.entries()) {
    const own = all.filter(({ a }) => sides[a]?.run === run)
    if (own.length === 0) continue
    yield* Stream.runForEachArray(store.results(id), (items) =>
      Effect.sync(() => {
        for (const item of items) look(item, own)
      })
    )
  }
  return all.map(({ counts, listed }) => ({
    betterA: { items: counts.a, listed: listed.a },
    betterB: { items: counts.b, listed: listed.b }
  }))
})

const wonItem = (item: ItemRecord, prompt: string, a: number, b: number): WonItem => ({
  itemId: Questions.shortened(item.itemId, MOST_OF_ID),
  index: item.index,
  line: item.line,
  prompt,
  target: Questions.shortened(item.target, MOST_OF_TARGET),
  a,
  b
})

/** Characters. Ids are not cut but for those that nobody can have meant. */
const [MOST_OF_ID, MOST_OF_PROMPT, MOST_OF_TARGET] = [1_000, 120, 40]
