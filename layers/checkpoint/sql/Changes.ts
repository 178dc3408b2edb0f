/**
 * What the records of one commit change beside the log: the last word on a key, deliveries, and totals.
 * Statements are prepared texts over many rows each.
 */
import { Effect } from "effect"
import type { RunRecord } from "../../../src/checkpoint/RunRecord.ts"
import { pieces, type Session, storable, tuples } from "./Database.ts"
import type { RecordRow } from "./RecordRows.ts"
import { hashOf, type Tables } from "./StoreSchema.ts"

/** Rows of one INSERT; six columns of them stay far below the drivers' bounds on parameters. */
const ROWS = 250

interface Outcome {
  readonly answered: boolean
  readonly place: number
}

export interface Changes {
  readonly outcomes: ReadonlyMap<string, Outcome>
  /** Place of the record by item id. */
  readonly deliveries: ReadonlyMap<string, number>
  /** 1e-9 USD. */
  readonly spent: number
}

/** The last word on a key holds, and an answer outlives a failure. */
export const of = (log: ReadonlyArray<RunRecord>, firstPlace: number): Changes => {
  const outcomes = new Map<string, Outcome>()
  const deliveries = new Map<string, number>()
  let spent = 0
  let place = firstPlace
  for (const record of log) {
    switch (record._tag) {
      case "Answered":
        outcomes.set(record.key, { answered: true, place })
        spent += record.response.cost
        break
      case "Failed":
        if (outcomes.get(record.key)?.answered !== true) {
          outcomes.set(record.key, { answered: false, place })
        }
        break
      case "Released":
        spent += record.spent
        break
      case "Delivered":
        deliveries.set(storable(record.itemId), place)
        break
    }
    place++
  }
  return { outcomes, deliveries, spent }
}

export interface Tally {
  /** How many more keys are answered and failed than before. */
  readonly answered: number
  readonly failed: number
  readonly outcomes: ReadonlyArray<readonly [hash: number, Outcome]>
}

/** Compares with what the run has: a key counts once, and an answer is not replaced by a failure. */
export const tally = Effect.fnUntraced(function* (
  session: Session,
  names: Tables,
  run: number,
  { outcomes }: Changes
) {
  const before = new Map<string, boolean>()
  for (const hashes of pieces([...outcomes.keys()].map(hashOf))) {
    const rows = yield* session.rows(
      `SELECT r.key, o.answered FROM ${names.outcomes} o JOIN ${names.records} r ON r.place = o.place
       WHERE o.run = ? AND o.hash IN ${tuples(1, hashes.length)}`,
      [run, ...hashes]
    )
    for (const row of rows) {
      const key = String(row.key)
      before.set(key, before.get(key) === true || Number(row.answered) === 1)
    }
  }
  let [answered, failed] = [0, 0]
  const changed: Array<readonly [number, Outcome]> = []
  for (const [key, outcome] of outcomes) {
    const earlier = before.get(key)
    if (earlier === true && !outcome.answered) continue
    if (earlier === true) answered--
    if (earlier === false) failed--
    if (outcome.answered) answered++
    else failed++
    changed.push([hashOf(key), outcome])
  }
  // In the index's order, neighbours share a page.
  changed.sort(([a], [b]) => a - b)
  return { answered, failed, outcomes: changed } satisfies Tally
})

export const insertLog = Effect.fnUntraced(function* (
  session: Session,
  { records }: Tables,
  rows: ReadonlyArray<RecordRow>,
  firstPlace: number
) {
  let place = firstPlace
  for (const piece of pieces(rows, ROWS)) {
    const params: Array<unknown> = []
    for (const { tag, key, attempt, amount, json } of piece) {
      params.push(place++, tag, key, attempt, amount, json)
    }
    yield* session.run(
      `${session.insert} INTO ${records} (place, tag, key, attempt, amount, json) VALUES ${tuples(piece.length, 6)}`,
      params
    )
  }
})

export const insertOutcomes = Effect.fnUntraced(function* (
  session: Session,
  names: Tables,
  run: number,
  { outcomes }: Tally
) {
  for (const piece of pieces(outcomes, ROWS)) {
    yield* session.run(
      `${session.insert} INTO ${names.outcomes} (hash, run, place, answered) VALUES ${tuples(piece.length, 4)}`,
      piece.flatMap(([hash, { answered, place }]) => [hash, run, place, answered ? 1 : 0])
    )
  }
})

export const upsertDeliveries = Effect.fnUntraced(function* (
  session: Session,
  names: Tables,
  run: number,
  { deliveries }: Changes
) {
  for (const piece of pieces([...deliveries], ROWS)) {
    yield* session.run(
      `${session.insert} INTO ${names.deliveries} (run, item_id, place) VALUES ${tuples(piece.length, 3)}
       ON CONFLICT (run, item_id) DO UPDATE SET place = excluded.place`,
      piece.flatMap(([item, place]) => [run, item, place])
    )
  }
})
