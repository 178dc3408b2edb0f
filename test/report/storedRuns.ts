/** Runs as a benchmark leaves them in a store: items with trials of every end, and their answers. */
import { Effect, Stream } from "effect"
import type { NonEmptyReadonlyArray } from "effect/Array"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import type { ItemRecord, ScoreRecord, TrialRecord } from "spillway/checkpoint/ItemRecord"
import type { RunRecord } from "spillway/checkpoint/RunRecord"
import { answered, failed, key } from "../checkpoint/fixtures/records.ts"

export const scorer = "lastNumber@1"

export const score = (value: number, more: Partial<ScoreRecord> = {}): ScoreRecord => ({
  scorer,
  value,
  ...more
})

/** Scored with that value, by the answer under `key(n)`. */
export const scored = (n: number, value: number, more: Partial<TrialRecord> = {}): TrialRecord => ({
  arm: "luna",
  repeat: 0,
  end: "scored",
  keys: [key(n)],
  scores: [score(value)],
  servedModel: "luna-2026-01-01",
  latencyMs: 100 + n,
  inputTokens: 100,
  outputTokens: 20,
  cost: 1_000,
  ...more
})

/** Without a score. */
export const ended = (
  n: number,
  end: TrialRecord["end"],
  more: Partial<TrialRecord> = {}
): TrialRecord => ({
  arm: "luna",
  repeat: 0,
  end,
  keys: end === "missing" ? [] : [key(n)],
  scores: [],
  ...(end === "failed"
    ? {
        failure: {
          ...{ reason: "ServerError", message: "The server said 500.", advice: "Try again." },
          ...{ retryable: true, billed: "no", attempts: 3 }
        }
      }
    : end === "missing"
      ? {}
      : { latencyMs: 100 + n, inputTokens: 100, outputTokens: 20, cost: 1_000 }),
  ...more
})

export const item = (
  n: number,
  trials: ReadonlyArray<TrialRecord>,
  more: Partial<ItemRecord> = {}
): ItemRecord => ({
  itemId: `item-${n}`,
  index: n,
  line: n + 1,
  target: String(n),
  tags: [],
  prompts: [{ variant: "", messages: [{ role: "user", text: `What is ${n}?` }] }],
  trials,
  ...more
})

export interface Stored {
  readonly name: string
  readonly items: Iterable<ItemRecord>
  /** Put into the log besides: answers, settings, reports. */
  readonly records?: ReadonlyArray<RunRecord>
}

/** Puts a run into the store and gives its id. */
export const put = Effect.fnUntraced(function* ({ items, name, records = [] }: Stored) {
  const store = yield* CheckpointStore
  const { append, replaceResults, run } = yield* store.open({ name, fresh: true })
  const [first, ...others] = records
  if (first !== undefined) yield* append([first, ...others] as NonEmptyReadonlyArray<RunRecord>)
  yield* replaceResults(Stream.fromIterable(items))
  return run
}, Effect.scoped)

export { answered, failed, key }
