/** One row a run: its identity, its epoch and its running totals. */
import { Effect } from "effect"
import type { OpenRun, RunSummary } from "../../../src/checkpoint/CheckpointStore.ts"
import { NanoUsd } from "../../../src/cost/Money.ts"
import type { Database, Row, Session } from "./Database.ts"
import { RUN, type Tables } from "./StoreSchema.ts"

export interface RunRow {
  readonly number: number
  readonly id: string
  readonly name: string
  /** Started over: answers of other runs do not count, in this and all later invocations. */
  readonly ownOnly: boolean
  /** Counts the openings: a writer of an earlier one is fenced off. */
  readonly epoch: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly nextSeq: number
  readonly settledTo: number
  readonly spent: number
  readonly answered: number
  readonly failed: number
}

/** Drivers give integers as number, bigint or text. */
const fromRow = (row: Row): RunRow => ({
  number: Number(row.number),
  id: String(row.id),
  name: String(row.name),
  ownOnly: Number(row.own_only) === 1,
  epoch: Number(row.epoch),
  createdAt: Number(row.created_at),
  updatedAt: Number(row.updated_at),
  nextSeq: Number(row.next_seq),
  settledTo: Number(row.settled_to),
  spent: Number(row.spent),
  answered: Number(row.answered),
  failed: Number(row.failed)
})

export const summary = (run: RunRow, state: RunSummary["state"]): RunSummary => ({
  id: run.id,
  name: run.name,
  state,
  createdAt: run.createdAt,
  updatedAt: run.updatedAt,
  answered: run.answered,
  failed: run.failed,
  spent: NanoUsd(run.spent)
})

/** The places of a run's records: from the first, up to but without the second. */
export const places = (run: number): readonly [from: number, to: number] => [
  run * RUN,
  (run + 1) * RUN
]

/** Newest first. */
export const all = ({ runs }: Tables, session: Session) =>
  Effect.map(session.rows(`SELECT * FROM ${runs} ORDER BY number DESC`, []), (rows) =>
    rows.map(fromRow)
  )

/** Those of that id or name, newest first. */
export const named = ({ runs }: Tables, session: Session, nameOrId: string) =>
  Effect.map(
    session.rows(`SELECT * FROM ${runs} WHERE id = ? OR name = ? ORDER BY number DESC`, [
      nameOrId,
      nameOrId
    ]),
    (rows) => rows.map(fromRow)
  )

/** Goes on with the newest run of that name or begins one, and fences off whoever wrote to it before. */
export const claim = (db: Database, { runs }: Tables, open: OpenRun, id: string, now: number) =>
  db.transaction(
    Effect.fnUntraced(function* (session) {
      const newest = `SELECT number FROM ${runs} WHERE name = ? ORDER BY number DESC LIMIT 1`
      const [known] = yield* session.rows(newest, [open.name])
      if (known === undefined || open.fresh === true) {
        yield* session.run(
          `INSERT INTO ${runs} (id, name, own_only, epoch, created_at, updated_at, next_seq, settled_to, spent, answered, failed)
           VALUES (?, ?, ?, 0, ?, ?, 0, 0, 0, 0, 0)`,
          [id, open.name, open.fresh === true ? 1 : 0, now, now]
        )
      }
      const [row] = yield* session.rows(
        `UPDATE ${runs} SET epoch = epoch + 1 WHERE number = (${newest}) RETURNING *`,
        [open.name]
      )
      return fromRow(row ?? {})
    })
  )

/** How many runs have been removed from the store. */
export const removals = ({ meta }: Tables, session: Session) =>
  Effect.map(session.rows(`SELECT value FROM ${meta} WHERE name = 'removals'`, []), ([row]) =>
    Number(row?.value ?? 0)
  )

/** Deletes the run and what only it holds. */
export const remove = (
  db: Database,
  { meta, runs, records, outcomes, deliveries, results }: Tables,
  run: number
) => {
  const range = "place >= ? AND place < ?"
  const [from, to] = places(run)
  return db.transaction(
    Effect.fnUntraced(function* (session) {
      yield* session.run(`DELETE FROM ${outcomes} WHERE run = ?`, [run])
      yield* session.run(`DELETE FROM ${deliveries} WHERE run = ?`, [run])
      yield* session.run(`DELETE FROM ${results} WHERE ${range}`, [from, to])
      yield* session.run(`DELETE FROM ${records} WHERE ${range}`, [from, to])
      yield* session.run(`DELETE FROM ${runs} WHERE number = ?`, [run])
      yield* session.run(
        `INSERT INTO ${meta} (name, value) VALUES ('removals', '1')
         ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(${meta}.value AS BIGINT) + 1 AS TEXT)`,
        []
      )
    })
  )
}
