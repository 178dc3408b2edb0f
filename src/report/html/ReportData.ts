/** Reads from a store all that a run's page shows; needs no lock, so that a run under way can be looked at. */
import { Effect, Stream } from "effect"
import {
  CheckpointStore,
  type RunSummary,
  type StoreError
} from "../../checkpoint/CheckpointStore.ts"
import type { RequestKey } from "../../checkpoint/RequestKey.ts"
import type { Vitals } from "../../checkpoint/RunRecord.ts"
import type { BenchmarkReport } from "../BenchmarkReport.ts"
import * as LastReport from "../LastReport.ts"
import * as ItemRows from "./ItemRows.ts"
import * as ItemSample from "./ItemSample.ts"
import * as Latencies from "./Latencies.ts"
import { embedded } from "./Page.ts"
import type { Cut } from "./VisibleText.ts"

export interface ShownItems {
  /** In the order of the dataset. */
  readonly rows: ReadonlyArray<ItemRows.ItemRow>
  readonly texts: ReadonlyArray<string>
  /** Items of the run by how they ended, and how many of them were chosen to be shown. */
  readonly total: number
  readonly found: ItemSample.Counts
  readonly shown: ItemSample.Counts
  /** Chosen items that found no room in the page. */
  readonly leftOut: number
}

export interface ReportData {
  readonly run: RunSummary
  /** The last one; none before the first scoring, and none of a run that is no benchmark. */
  readonly report: BenchmarkReport | undefined
  readonly looks: ReadonlyArray<Vitals>
  readonly latencies: ReadonlyArray<Latencies.Latencies>
  /** Labels of the arms, in the order of the report. */
  readonly arms: ReadonlyArray<string>
  readonly items: ShownItems
}

export interface Options {
  /** The most items with their answers, from 0. Default 1,000. */
  readonly items?: number | undefined
}

export const DEFAULT_ITEMS = 1000

/** Bytes of items in a page: with more, a browser takes long to open it. */
export const MAX_BYTES = 16 * 1024 * 1024

/** Answers read at a time: each may be many megabytes long, and is cut before the next are read. */
const KEYS = 32
/** Items whose answers are in memory at a time. */
const PAGE = 25

const answersOf = Effect.fnUntraced(function* (run: string, keys: ReadonlyArray<RequestKey>) {
  const store = yield* CheckpointStore
  const answers = new Map<RequestKey, Cut>()
  for (let from = 0; from < keys.length; from += KEYS) {
    const outcomes = yield* store.outcomes(run, keys.slice(from, from + KEYS))
    for (const [key, outcome] of outcomes) {
      if (outcome._tag === "Answered") answers.set(key, ItemRows.answerOf(outcome.response))
    }
  }
  return answers
})

const utf8 = new TextEncoder()
const bytesOf = (value: unknown): number => utf8.encode(embedded(value).toString()).length

/** The chosen ones with their answers, as far as there is room. */
const rowsOf = Effect.fnUntraced(function* (
  run: string,
  chosen: ReadonlyArray<ItemRows.KeptItem>,
  placeOf: (arm: string) => number
) {
  const texts = ItemRows.makeTexts()
  const rows: Array<{ readonly index: number; readonly row: ItemRows.ItemRow }> = []
  let bytes = 0
  let measured = 0
  for (let from = 0; from < chosen.length; from += PAGE) {
    const page = chosen.slice(from, from + PAGE)
    const keys = page.flatMap(({ trials }) => trials.flatMap((trial) => trial.keys))
    const answers = yield* answersOf(run, keys)
    for (const kept of page) {
      const row = ItemRows.rowOf(kept, { answers, placeOf, texts })
      bytes += bytesOf(row)
      for (; measured < texts.all.length; measured++) bytes += bytesOf(texts.all[measured]) + 1
      if (bytes > MAX_BYTES) {
        return { rows, texts: texts.all, leftOut: chosen.length - rows.length }
      }
      rows.push({ index: kept.index, row })
    }
  }
  return { rows, texts: texts.all, leftOut: 0 }
})

/** Memory: the items that are shown, and while they are chosen at most ten times as many. */
export const gather = Effect.fn("ReportData.gather")(function* (
  run: RunSummary,
  { items: limit = DEFAULT_ITEMS }: Options = {}
): Effect.fn.Return<ReportData, StoreError, CheckpointStore> {
  const store = yield* CheckpointStore
  const report = yield* LastReport.ofBenchmark(run.id)
  const looks: Array<Vitals> = []
  yield* Stream.runForEach(store.records(run.id, "Vitals"), (record) =>
    Effect.sync(() => {
      if (record._tag === "Vitals") looks.push(record)
    })
  )
  const labels = new Map((report?.arms ?? []).map(({ label }, place) => [label, place]))
  const placeOf = (arm: string) => {
    const known = labels.get(arm)
    if (known !== undefined) return known
    labels.set(arm, labels.size)
    return labels.size - 1
  }
  const sample = ItemSample.make<ItemRows.KeptItem>(limit)
  const latencies = Latencies.make()
  yield* Stream.runForEachArray(store.results(run.id), (items) =>
    Effect.sync(() => {
      for (const item of items) {
        sample.add(item, ItemRows.keep)
        latencies.add(item)
      }
    })
  )
  const { items: chosen, ...counts } = sample.chosen()
  const { leftOut, rows, texts } = yield* rowsOf(run.id, chosen, placeOf)
  rows.sort((one, other) => one.index - other.index)
  return {
    run,
    report,
    looks,
    latencies: latencies.all(),
    arms: [...labels.keys()],
    items: { rows: rows.map(({ row }) => row), texts, leftOut, ...counts }
  }
})
