/**
 * Passing over what is done with, 250 items at once. While a run goes on, each block of items side by side whose
 * items have all ended is noted in the log, with a digest of everything that decides what they are and ask for. A later
 * start that finds a block of the same digest knows its items' keys and ends, and looks at none of them by itself: only
 * at those that failed, and at those that now stand elsewhere among their equals. Where anything differs the digest does
 * too, and every item takes the exact way: that is ten times as slow, and comes to the same end. Here is what is known of
 * blocks; the items go through `UnfinishedItems.ts`.
 */
import { Context, Effect } from "effect"
import { isReadonlyArrayNonEmpty, type NonEmptyReadonlyArray } from "effect/Array"
import type { BlockFinished, FinishedBlocks, Redelivered } from "../checkpoint/BlockRecord.ts"
import type { StoreError } from "../checkpoint/CheckpointStore.ts"
import { RunStopped } from "../error/RunStopped.ts"
import type { ActiveRun } from "./ActiveRun.ts"
import type { Delivery } from "./Delivery.ts"
import * as Fingerprints from "./Fingerprints.ts"
import * as OpenBlock from "./OpenBlock.ts"
import type { Standing } from "./Preparer.ts"

/**
 * Items of a block, above 0. A last one with fewer is never noted: it is quickly looked up, and may grow. Runs that use
 * different sizes do not find each other's blocks; only tests have a reason to set it.
 */
export const BlockSize = Context.Reference<number>("spillway/run/BlockSize", {
  defaultValue: () => 250
})

/** Items named one by one as delivered again; beyond them it may be any. */
const MOST_NAMED = 10_000

/** An item that has ended; enough of a `Delivery`. */
export type Ended = Pick<Delivery<unknown, unknown>, "index" | "_tag"> & {
  readonly response?: { readonly simulated: boolean }
}

/** A block as the log has it. */
export interface Known {
  readonly record: BlockFinished
  /** Items that have been delivered with other content since, by the fingerprint of their id. */
  readonly isVoid: (idPrint: number) => boolean
}

/** Blocks of one start of a run; mutable. */
export interface Blocks {
  readonly needs: BlockFinished["needs"]
  /** Items of a block. */
  readonly size: number
  /** The log has none: nothing can be passed over. */
  readonly none: boolean
  readonly find: (digest: string) => Effect.Effect<Known | undefined, StoreError>
  /** An item whose end is awaited. @param known of its block */
  readonly awaits: (index: number, standing: Standing, known?: BlockFinished) => void
  /** All items of the block that this one is in have come. */
  readonly seal: (index: number, digest: string) => void
  /** The item will be delivered under the id of an earlier delivery with other content. */
  readonly replaces: (index: number) => void
  /** Notes ends; answers what is to be written down of it, together with the ends or after them. */
  readonly ended: (group: ReadonlyArray<Ended>) => ReadonlyArray<BlockFinished | Redelivered>
  /** Notes deliveries by an earlier start. @param failuresKnown none of them has failed */
  readonly delivered: (
    items: ReadonlyArray<{ readonly index: number }>,
    failuresKnown: boolean
  ) => ReadonlyArray<BlockFinished>
}

/** @param needs what an item is done with: an acknowledged delivery, or an outcome in the store */
export const make = Effect.fnUntraced(function* (
  { journal }: Pick<ActiveRun, "journal">,
  needs: BlockFinished["needs"]
): Effect.fn.Return<Blocks, StoreError> {
  const size = yield* BlockSize
  const finished = yield* journal.finishedBlocks
  const redeliveredAfter = laterDeliveries(finished.redelivered)
  /** By the number of the block. */
  const open = new Map<number, OpenBlock.OpenBlock>()
  const replacing = new Set<number>()
  let named = 0

  const numberOf = (index: number) => Math.floor(index / size)

  const end = (index: number, letter: OpenBlock.End): ReadonlyArray<BlockFinished> => {
    const block = open.get(numberOf(index))
    if (block === undefined || !OpenBlock.end(block, index % size, letter)) return []
    open.delete(numberOf(index))
    const record = OpenBlock.record(block, needs)
    return record === undefined ? [] : [record]
  }

  const redelivered = (group: ReadonlyArray<Ended>): ReadonlyArray<Redelivered> => {
    if (replacing.size === 0) return []
    const prints: Array<number> = []
    for (const { index } of group) {
      if (replacing.delete(index)) {
        prints.push(open.get(numberOf(index))?.ids[index % size] ?? Fingerprints.NONE)
      }
    }
    if (prints.length === 0 || named > MOST_NAMED) return []
    named += prints.length
    return [
      named > MOST_NAMED
        ? { _tag: "Redelivered" }
        : { _tag: "Redelivered", ids: Fingerprints.encode(prints) }
    ]
  }

  return {
    needs,
    size,
    none: finished.blocks.size === 0,
    find: Effect.fnUntraced(function* (digest) {
      const seq = finished.blocks.get(digest)
      if (seq === undefined) return undefined
      const record = yield* journal.finishedBlock(seq)
      if (!OpenBlock.isWhole(record, size)) return undefined
      return { record, isVoid: (print) => redeliveredAfter(print, seq) }
    }),
    awaits: (index, standing, known) => {
      let block = open.get(numberOf(index))
      if (block === undefined) {
        block = known === undefined ? OpenBlock.make(size) : OpenBlock.of(known)
        open.set(numberOf(index), block)
      }
      OpenBlock.add(block, index % size, standing)
    },
    seal: (index, digest) => {
      const block = open.get(numberOf(index))
      if (block !== undefined) block.digest = digest
    },
    replaces: (index) => {
      replacing.add(index)
    },
    ended: (group) => [
      ...redelivered(group),
      ...group.flatMap((one) => end(one.index, letterOf(one)))
    ],
    delivered: (items, failuresKnown) =>
      items.flatMap(({ index }) => end(index, failuresKnown ? "a" : "d"))
  }
})

/** Writes down what ends of items mean for their blocks: where nothing else is written with it. */
export const note = (
  active: ActiveRun,
  blocks: Blocks,
  group: NonEmptyReadonlyArray<Ended>
): Effect.Effect<void, StoreError> =>
  Effect.suspend(() => {
    const records = blocks.ended(group)
    return isReadonlyArrayNonEmpty(records) ? active.journal.append(records) : Effect.void
  }).pipe(
    // A store that cannot note it stops the run for its own reason, not as a failure of the handler.
    Effect.tapError((error) =>
      Effect.sync(() => active.stop(new RunStopped({ why: "store", detail: error.message })))
    )
  )

const letterOf = ({ _tag, response }: Ended): OpenBlock.End => {
  if (_tag === "Failed") return "f"
  const simulated = response?.simulated === true
  if (_tag === "Answered") return simulated ? "A" : "a"
  return simulated ? "N" : "n"
}

/** Whether an item was delivered with other content after that place of the log. */
const laterDeliveries = (redelivered: FinishedBlocks["redelivered"]) => {
  let any = -1
  const last = new Map<number, number>()
  for (const { ids, seq } of redelivered) {
    if (ids === undefined) any = seq
    else for (const print of Fingerprints.decode(ids)) last.set(print, seq)
  }
  return (print: number, seq: number): boolean =>
    seq < any || (last.size > 0 && seq < (last.get(print) ?? -1))
}
