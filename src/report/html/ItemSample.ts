/**
 * Which items a page shows where there are too many for it: of every kind of end as many as there are places for, drawn
 * evenly by a hash of their ids. So the same items are chosen whatever order they come in, most of them stay when others
 * are added, and the rare failures are there among a hundred thousand right answers.
 */
import type { ItemRecord, TrialRecord } from "../../checkpoint/ItemRecord.ts"
import { digest } from "../../random/Seeded.ts"

/** An item counts by the worst of its trials. */
export const kinds = ["failed", "noAnswer", "wrong", "right", "missing"] as const
export type Kind = (typeof kinds)[number]

/** How one trial ended, as a reader of the page tells them apart. */
export type Ending =
  /** The first scorer's score is 1, 0, in between, or could not be given. */
  "right" | "wrong" | "partly" | "unjudged" | "noAnswer" | "failed" | "missing"

export const endingOf = ({ end, scores }: Pick<TrialRecord, "end" | "scores">): Ending => {
  if (end === "failed" || end === "missing") return end
  if (end !== "scored") return "noAnswer"
  const value = scores[0]?.value
  if (value === undefined) return "unjudged"
  return value === 1 ? "right" : value === 0 ? "wrong" : "partly"
}

/** An item that was reached in some trials counts by these. */
export const kindOf = ({ trials }: Pick<ItemRecord, "trials">): Kind => {
  const endings = new Set(trials.map(endingOf))
  if (endings.has("failed")) return "failed"
  if (endings.has("noAnswer")) return "noAnswer"
  if (endings.has("wrong") || endings.has("partly") || endings.has("unjudged")) return "wrong"
  return endings.has("right") ? "right" : "missing"
}

export type Counts = Readonly<Record<Kind, number>>

/**
 * Equal places for each kind; what one does not need goes to the others. Items that were never reached have nothing to
 * show: they get what is left.
 */
export const places = (found: Counts, limit: number): Counts => {
  const given = { failed: 0, noAnswer: 0, wrong: 0, right: 0, missing: 0 }
  let left = limit
  let hungry = kinds.filter((kind) => kind !== "missing" && found[kind] > 0)
  while (left > 0 && hungry.length > 0) {
    const share = Math.max(1, Math.floor(left / hungry.length))
    for (const kind of hungry) {
      const more = Math.min(share, found[kind] - given[kind], left)
      given[kind] += more
      left -= more
    }
    hungry = hungry.filter((kind) => found[kind] > given[kind])
  }
  given.missing = Math.min(left, found.missing)
  return given
}

export interface Chosen<A> {
  /** In the order of the draw: any beginning of it is an even sample too. */
  readonly items: ReadonlyArray<A>
  readonly total: number
  readonly found: Counts
  readonly shown: Counts
}

export interface ItemSample<A> {
  /** @param keep what to keep of it; called only where it may be chosen */
  readonly add: (item: ItemRecord, keep: (item: ItemRecord) => A) => void
  readonly chosen: () => Chosen<A>
}

interface Candidate<A> {
  readonly rank: number
  readonly index: number
  readonly kept: A
}

/** Any number will do; another one draws other items. */
const SEED = 5

const byRank = <A>(one: Candidate<A>, other: Candidate<A>): number =>
  one.rank - other.rank || one.index - other.index

/** Mutable. Memory: up to twice `limit` items of each kind. */
export const make = <A>(limit: number): ItemSample<A> => {
  const found = { failed: 0, noAnswer: 0, wrong: 0, right: 0, missing: 0 }
  const candidates: Record<Kind, Array<Candidate<A>>> = {
    failed: [],
    noAnswer: [],
    wrong: [],
    right: [],
    missing: []
  }
  /** The highest rank that can still be chosen. */
  const bound: Record<Kind, number> = {
    failed: Number.POSITIVE_INFINITY,
    noAnswer: Number.POSITIVE_INFINITY,
    wrong: Number.POSITIVE_INFINITY,
    right: Number.POSITIVE_INFINITY,
    missing: Number.POSITIVE_INFINITY
  }

  const add: ItemSample<A>["add"] = (item, keep) => {
    const kind = kindOf(item)
    found[kind] += 1
    const rank = digest(item.itemId, SEED)
    if (limit === 0 || rank > bound[kind]) return
    const group = candidates[kind]
    group.push({ rank, index: item.index, kept: keep(item) })
    if (group.length < limit * 2) return
    group.sort(byRank)
    group.length = limit
    bound[kind] = group.at(-1)?.rank ?? 0
  }

  const chosen = (): Chosen<A> => {
    const shown = places(found, limit)
    const items = kinds
      .flatMap((kind) => candidates[kind].sort(byRank).slice(0, shown[kind]))
      .sort(byRank)
      .map(({ kept }) => kept)
    const total = kinds.reduce((sum, kind) => sum + found[kind], 0)
    return { items, total, found, shown }
  }

  return { add, chosen }
}
