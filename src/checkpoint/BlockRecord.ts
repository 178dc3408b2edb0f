/**
 * What lets a later start pass over hundreds of items at once: blocks of items side by side that need nothing any more.
 * They only ever save work; without them every item is looked up by itself, to the same end. Made and read by
 * `run/Blocks.ts`.
 */
import { Schema } from "effect"

/** Place in the block, and how many items before it have the same. */
const Same = Schema.Array(Schema.Tuple([Schema.Int, Schema.Int]))

export const BlockFinished = Schema.TaggedStruct("BlockFinished", {
  /** SHA-256 of all that decides what its items are and ask for, in hexadecimal. The last record of a digest holds. */
  digest: Schema.String,
  /** What its items have: an acknowledged delivery, or an outcome in the store, which may be another run's. */
  needs: Schema.Literals(["delivered", "answered"]),
  /**
   * How each item has ended, a letter each: `a` answered, `n` without an answer, `A` and `N` the same by a simulated
   * provider, `f` failed, `d` delivered by an earlier start, whatever its end was. What has or may have failed is looked
   * at by itself: always for `answered`, and for `delivered` where failed items are tried again.
   */
  ends: Schema.String,
  /** Fingerprints of ids and of requests, 13 characters an item: later items count their equals by them. `run/Fingerprints.ts`. */
  ids: Schema.String,
  requests: Schema.String,
  sameIds: Same,
  sameRequests: Same
})
export type BlockFinished = typeof BlockFinished.Type

/** Items were delivered under the id of an earlier delivery with other content: blocks before it do not count for them. */
export const Redelivered = Schema.TaggedStruct("Redelivered", {
  /** Fingerprints of their ids, 13 hexadecimal digits each; absent where it may be any item. */
  ids: Schema.optionalKey(Schema.String)
})
export type Redelivered = typeof Redelivered.Type

export const members = [BlockFinished, Redelivered] as const

/** What the log of a run has of blocks. */
export interface FinishedBlocks {
  /** Where in the log the last record of each digest is. */
  readonly blocks: ReadonlyMap<string, number>
  /** In the order of the log. */
  readonly redelivered: ReadonlyArray<{ readonly seq: number; readonly ids: string | undefined }>
}
