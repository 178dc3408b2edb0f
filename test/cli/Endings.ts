/** What the store and the provider say about a run from outside of it. */
import { Effect, Option, Stream } from "effect"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import * as SqliteCheckpointStore from "spillway/layers/checkpoint/SqliteCheckpointStore"
import type { Stats } from "./Provider.ts"

export interface Report {
  readonly run: string
  readonly simulated: boolean
  readonly complete: boolean
  readonly requests: Readonly<
    Record<
      | "items"
      | "answered"
      | "noAnswer"
      | "failed"
      | "missing"
      | "fromStore"
      | "sent"
      | "unknownOutcome",
      number
    >
  >
}

/** Billed answers beyond the first of each content. */
export const paidAgain = ({ billedContents }: Stats): number =>
  Object.values(billedContents).reduce((sum, times) => sum + Math.max(0, times - 1), 0)

/** The records of the newest run of that name: answers by key, and attempts that a crash left open. */
export const logOf = (store: string, run: string) =>
  Effect.gen(function* () {
    const checkpoints = yield* CheckpointStore
    const summary = Option.getOrThrow(yield* checkpoints.find(run))
    const answers = new Map<string, number>()
    let unknown = 0
    for (const record of yield* Stream.runCollect(checkpoints.records(summary.id))) {
      if (record._tag === "Answered") answers.set(record.key, (answers.get(record.key) ?? 0) + 1)
      if (record._tag === "Released" && record.unknown) unknown++
    }
    return { answers, unknown }
  }).pipe(Effect.provide(SqliteCheckpointStore.layer({ filename: store })))
