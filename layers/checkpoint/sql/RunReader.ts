/** Reads of one run, a page at a time: none holds the connection between pages. */
import { Effect, Option, Stream } from "effect"
import type { SqlError } from "effect/sql"
import { type LedgerRecord, ledgerTags, type ShardId } from "../../../src/checkpoint/BatchRecord.ts"
import type { FinishedBlocks } from "../../../src/checkpoint/BlockRecord.ts"
import { type StoredOutcome, StoreError } from "../../../src/checkpoint/CheckpointStore.ts"
import { RequestKey } from "../../../src/checkpoint/RequestKey.ts"
import type * as RunLedger from "../../../src/checkpoint/RunLedger.ts"
import type { RecordTag, RunRecord } from "../../../src/checkpoint/RunRecord.ts"
import { noBlock } from "../RunRefusals.ts"
import { type Database, pieces, type Row, storable, tuples } from "./Database.ts"
import * as RecordRows from "./RecordRows.ts"
import { places, type RunRow, removals } from "./RunTable.ts"
import {
  hashOf,
  isBlock,
  isLedger,
  isLines,
  isRare,
  RUN,
  rareTags,
  runOf,
  seqOf,
  type Tables
} from "./StoreSchema.ts"

const PAGE = 1000

const corrupt = Effect.fnUntraced(function* (
  db: Database,
  { runs }: Tables,
  operation: string,
  place: unknown
) {
  const number = runOf(place)
  const [run] = yield* db.rows(`SELECT id, name FROM ${runs} WHERE number = ?`, [number])
  const which = run === undefined ? `number ${number}` : `"${String(run.name)}" (${String(run.id)})`
  return yield* new StoreError({
    reason: "corrupt",
    operation,
    problem: `record ${seqOf(place)} of the run ${which} is damaged.`,
    fix: `Remove that run (spillway rm ${String(run?.id ?? number)}) or restore the store from a backup.`
  })
})

/** Folds what the run's totals do not tell: the attempts that have begun and not ended. */
export const replay = Effect.fnUntraced(function* (
  db: Database,
  { records }: Tables,
  run: RunRow,
  ledger: RunLedger.RunLedger
) {
  const [start, end] = places(run.number)
  let from = start + run.settledTo
  while (true) {
    const rows = yield* db.rows(
      `SELECT place, tag, key, attempt, amount FROM ${records}
       WHERE place >= ? AND place < ? AND tag IN ('Intent', 'Released', 'Answered')
       ORDER BY place LIMIT ${PAGE}`,
      [from, end]
    )
    for (const row of rows) ledger.apply(RecordRows.decodeEntry(row), seqOf(row.place))
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    from = Number(last.place) + 1
  }
})

/** Own answers before those of other runs, any answer before an own failure, later ones before earlier ones. */
const better = (row: Row, other: Row, run: number): boolean => {
  const rank = ({ tag, place }: Row) => (tag !== "Answered" ? 0 : runOf(place) === run ? 2 : 1)
  const more = rank(row) - rank(other)
  return more > 0 || (more === 0 && Number(row.place) > Number(other.place))
}

export const lookup = Effect.fnUntraced(function* (
  db: Database,
  names: Tables,
  run: RunRow,
  ownOnly: boolean,
  keys: ReadonlyArray<RequestKey>
): Effect.fn.Return<ReadonlyMap<RequestKey, StoredOutcome>, StoreError | SqlError.SqlError> {
  const wanted = new Set(keys)
  const best = new Map<RequestKey, Row>()
  const whose = ownOnly ? "o.run = ?" : "(o.answered = 1 OR o.run = ?)"
  for (const hashes of pieces([...wanted].map(hashOf), PAGE)) {
    const rows = yield* db.rows(
      `SELECT r.place, r.tag, r.key, r.json
       FROM ${names.outcomes} o JOIN ${names.records} r ON r.place = o.place
       WHERE o.hash IN ${tuples(1, hashes.length)} AND ${whose}`,
      [...hashes, run.number]
    )
    for (const row of rows) {
      const key = RequestKey.make(String(row.key))
      const other = best.get(key)
      if (!wanted.has(key)) continue
      if (other === undefined || better(row, other, run.number)) best.set(key, row)
    }
  }
  const found = new Map<RequestKey, StoredOutcome>()
  for (const [key, row] of best) {
    const outcome = RecordRows.decodeOutcome(row)
    if (outcome === undefined) return yield* corrupt(db, names, "lookup", row.place)
    found.set(key, outcome)
  }
  return found
})

export const delivered = Effect.fnUntraced(function* (
  db: Database,
  names: Tables,
  run: RunRow,
  itemIds: ReadonlyArray<string>
): Effect.fn.Return<ReadonlyMap<string, RequestKey>, SqlError.SqlError> {
  const stored = new Map(itemIds.map((id) => [storable(id), id]))
  const found = new Map<string, RequestKey>()
  for (const piece of pieces([...stored.keys()], PAGE)) {
    const rows = yield* db.rows(
      `SELECT d.item_id, r.key FROM ${names.deliveries} d JOIN ${names.records} r ON r.place = d.place
       WHERE d.run = ? AND d.item_id IN ${tuples(1, piece.length)}`,
      [run.number, ...piece]
    )
    for (const row of rows) {
      const id = stored.get(String(row.item_id))
      if (id !== undefined) found.set(id, RequestKey.make(String(row.key)))
    }
  }
  return found
})

/** Blocks read at once. */
const BLOCKS = 10_000

/** Those of answers count only where no run has been removed since their journal was opened. */
export const finishedBlocks = Effect.fnUntraced(function* (
  db: Database,
  names: Tables,
  run: RunRow
): Effect.fn.Return<FinishedBlocks, SqlError.SqlError> {
  const removed = yield* removals(names, db)
  const blocks = new Map<string, number>()
  const redelivered: Array<FinishedBlocks["redelivered"][number]> = []
  const [start, end] = places(run.number)
  let from = start
  while (true) {
    const rows = yield* db.rows(
      `SELECT place, key, amount, CASE WHEN tag = 'Redelivered' THEN json END AS json
       FROM ${names.records} WHERE ${isBlock} AND place >= ? AND place < ?
       ORDER BY place LIMIT ${BLOCKS}`,
      [from, end]
    )
    for (const { amount, json, key, place } of rows) {
      const seq = seqOf(place)
      if (json !== null) redelivered.push({ seq, ids: RecordRows.decodeRedelivered(json)?.ids })
      else if (amount === null || Number(amount) === removed) blocks.set(String(key), seq)
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < BLOCKS) return { blocks, redelivered }
    from = Number(last.place) + 1
  }
})

export const finishedBlock = Effect.fnUntraced(function* (
  db: Database,
  names: Tables,
  run: RunRow,
  seq: number
) {
  const [row] = yield* db.rows(
    `SELECT place, tag, key, attempt, amount, json FROM ${names.records} WHERE place = ?`,
    [run.number * RUN + seq]
  )
  if (row === undefined) return yield* noBlock(seq)
  const record = RecordRows.decode(row)
  return record?._tag === "BlockFinished"
    ? record
    : yield* corrupt(db, names, "finishedBlock", row.place)
})

/**
 * The records that a condition selects, in the order of writing.
 *
 * @param params what stands for the condition's question marks
 */
const select = (
  db: Database,
  names: Tables,
  run: RunRow,
  condition: string,
  params: ReadonlyArray<string>
): Stream.Stream<RunRecord, StoreError | SqlError.SqlError> => {
  const [start, end] = places(run.number)
  const page = Effect.fnUntraced(function* (from: number) {
    const rows = yield* db.rows(
      `SELECT place, tag, key, attempt, amount, json FROM ${names.records}
       WHERE place >= ? AND place < ? ${condition} ORDER BY place LIMIT ${PAGE}`,
      [from, end, ...params]
    )
    const decoded: Array<RunRecord> = []
    for (const row of rows) {
      const record = RecordRows.decode(row)
      if (record === undefined) return yield* corrupt(db, names, "records", row.place)
      decoded.push(record)
    }
    const last = rows.length < PAGE ? undefined : rows.at(-1)
    const next = last === undefined ? Option.none<number>() : Option.some(Number(last.place) + 1)
    return [decoded, next] as const
  })
  return Stream.paginate(start, page)
}

export const records = (db: Database, names: Tables, run: RunRow, tag: RecordTag | undefined) => {
  if (tag === undefined) return select(db, names, run, "", [])
  const rare = rareTags.some((one) => one === tag) ? ` AND ${isRare}` : ""
  return select(db, names, run, `AND tag = ?${rare}`, [tag])
}

const isLedgerRecord = (record: RunRecord): record is LedgerRecord =>
  ledgerTags.some((tag) => tag === record._tag)

export const batchLedger = (db: Database, names: Tables, run: RunRow) =>
  Stream.filter(select(db, names, run, `AND ${isLedger}`, []), isLedgerRecord)

export const shardLines = (db: Database, names: Tables, run: RunRow, shard: ShardId) =>
  Stream.filter(
    select(db, names, run, `AND ${isLines} AND key = ?`, [shard]),
    (record) => record._tag === "ShardLines"
  )
