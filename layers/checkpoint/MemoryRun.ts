/** A run in memory, and what a record does to it. Runs of a store: `MemoryCheckpointStore.ts`. */
import type { BlockFinished, FinishedBlocks } from "../../src/checkpoint/BlockRecord.ts"
import type { StoredOutcome } from "../../src/checkpoint/CheckpointStore.ts"
import type { ItemRecord } from "../../src/checkpoint/ItemRecord.ts"
import type { RequestKey } from "../../src/checkpoint/RequestKey.ts"
import * as RunLedger from "../../src/checkpoint/RunLedger.ts"
import type { RunRecord } from "../../src/checkpoint/RunRecord.ts"

export interface MemoryRun {
  readonly id: string
  readonly name: string
  /** Started over: answers of other runs do not count, in this and all later invocations. */
  readonly ownOnly: boolean
  readonly createdAt: number
  updatedAt: number
  readonly log: Array<RunRecord>
  /** Of blocks of answers: how many runs had been removed from the store when their journal was opened. */
  readonly stamps: Map<BlockFinished, number>
  readonly ledger: RunLedger.RunLedger
  readonly outcomes: Map<RequestKey, StoredOutcome>
  readonly deliveries: Map<string, RequestKey>
  results: ReadonlyArray<ItemRecord>
}

export const write = (run: MemoryRun, record: RunRecord): void => {
  const entry = RunLedger.entry(record)
  if (entry !== undefined) run.ledger.apply(entry, run.log.length)
  run.log.push(record)
  switch (record._tag) {
    case "Answered":
      run.outcomes.set(record.key, { _tag: "Answered", response: record.response })
      break
    case "Failed":
      // An answer outlives a failure.
      if (run.outcomes.get(record.key)?._tag !== "Answered") {
        run.outcomes.set(record.key, { _tag: "Failed", failure: record.failure })
      }
      break
    case "Delivered":
      run.deliveries.set(record.itemId, record.key)
      break
  }
}

export const finishedBlocks = (run: MemoryRun, removals: number): FinishedBlocks => {
  const blocks = new Map<string, number>()
  const redelivered: Array<FinishedBlocks["redelivered"][number]> = []
  for (const [seq, record] of run.log.entries()) {
    if (record._tag === "Redelivered") redelivered.push({ seq, ids: record.ids })
    if (record._tag !== "BlockFinished") continue
    if ((run.stamps.get(record) ?? removals) === removals) blocks.set(record.digest, seq)
  }
  return { blocks, redelivered }
}

export const count = (run: MemoryRun, tag: StoredOutcome["_tag"]): number => {
  let found = 0
  for (const outcome of run.outcomes.values()) if (outcome._tag === tag) found++
  return found
}
