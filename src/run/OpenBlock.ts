/** A block of items of which some have not ended: what is known of them, and how many are still awaited. */
import type { BlockFinished } from "../checkpoint/BlockRecord.ts"
import * as Fingerprints from "./Fingerprints.ts"
import type { Standing } from "./Preparer.ts"

/** The letters of `BlockFinished`. */
export type End = "a" | "n" | "A" | "N" | "f" | "d"

export interface OpenBlock {
  /** Known once all of its items have come. */
  digest: string | undefined
  /** Items that have come and not ended. */
  awaited: number
  readonly ends: Array<string>
  readonly ids: Float64Array
  readonly requests: Float64Array
  readonly sameIds: Map<number, number>
  readonly sameRequests: Map<number, number>
  /** What the log has of it. */
  readonly stored: BlockFinished | undefined
}

export const make = (size: number): OpenBlock => ({
  digest: undefined,
  awaited: 0,
  ends: [],
  ids: new Float64Array(size),
  requests: new Float64Array(size),
  sameIds: new Map(),
  sameRequests: new Map(),
  stored: undefined
})

/** One that the log has, to be changed. */
export const of = (stored: BlockFinished): OpenBlock => ({
  digest: stored.digest,
  awaited: 0,
  ends: stored.ends.split(""),
  ids: Float64Array.from(Fingerprints.decode(stored.ids)),
  requests: Float64Array.from(Fingerprints.decode(stored.requests)),
  sameIds: new Map(stored.sameIds),
  sameRequests: new Map(stored.sameRequests),
  stored
})

/** Whether a record tells of so many items, as all do that are not damaged. */
export const isWhole = ({ ends, ids, requests }: BlockFinished, size: number): boolean =>
  ends.length === size && Fingerprints.holds(ids, size) && Fingerprints.holds(requests, size)

/** An item whose end is awaited. */
export const add = (block: OpenBlock, place: number, standing: Standing): void => {
  block.awaited++
  block.ids[place] = standing.idPrint
  block.requests[place] = standing.requestPrint
  note(block.sameIds, place, standing.sameId)
  note(block.sameRequests, place, standing.sameRequest)
}

const note = (same: Map<number, number>, place: number, count: number): void => {
  if (count > 0) same.set(place, count)
  else same.delete(place)
}

/** @returns whether all of its items have ended now */
export const end = (block: OpenBlock, place: number, letter: End): boolean => {
  block.ends[place] = letter
  block.awaited--
  return block.awaited === 0 && block.digest !== undefined
}

/** What the log does not have of it yet. */
export const record = (
  { digest, ends, ids, requests, sameIds, sameRequests, stored }: OpenBlock,
  needs: BlockFinished["needs"]
): BlockFinished | undefined => {
  const inOrder = (same: Map<number, number>) => [...same].sort(([a], [b]) => a - b)
  const made: BlockFinished = {
    _tag: "BlockFinished",
    digest: digest ?? "",
    needs,
    ends: ends.join(""),
    ids: Fingerprints.encode(ids),
    requests: Fingerprints.encode(requests),
    sameIds: inOrder(sameIds),
    sameRequests: inOrder(sameRequests)
  }
  return stored !== undefined && JSON.stringify(made) === JSON.stringify({ ...made, ...stored })
    ? undefined
    : made
}
