/**
 * Writes to one run: many callers' records in one transaction, with outcomes, deliveries and totals kept in step.
 * The state it carries from commit to commit (next place, attempts under way) moves only when a commit has passed.
 */
import { Clock, Effect, type Scope } from "effect"
import type { NonEmptyReadonlyArray } from "effect/Array"
import type { SqlError } from "effect/sql"
import type { StoreError } from "../../../src/checkpoint/CheckpointStore.ts"
import * as RunLedger from "../../../src/checkpoint/RunLedger.ts"
import type { RunRecord } from "../../../src/checkpoint/RunRecord.ts"
import { closed, fenced } from "../RunRefusals.ts"
import * as Changes from "./Changes.ts"
import type { Database } from "./Database.ts"
import * as GroupCommit from "./GroupCommit.ts"
import { encode, type RecordRow } from "./RecordRows.ts"
import type { RunRow } from "./RunTable.ts"
import { storeError } from "./StoreFailure.ts"
import { RUN, type Tables } from "./StoreSchema.ts"

export interface RunWriter {
  readonly append: (records: NonEmptyReadonlyArray<RunRecord>) => Effect.Effect<void, StoreError>
}

interface Parcel extends GroupCommit.Parcel {
  readonly log: NonEmptyReadonlyArray<RunRecord>
  readonly rows: ReadonlyArray<RecordRow>
}

const parcel = (log: NonEmptyReadonlyArray<RunRecord>, removals: number): Parcel => {
  const rows = log.map((record) => encode(record, removals))
  const characters = rows.reduce((sum, row) => sum + row.json.length, 0)
  return { log, rows, records: rows.length, characters }
}

/**
 * @param ledger folded up to `run.nextSeq`
 * @param removals runs removed from the store before this one was opened
 */
export const make = Effect.fnUntraced(function* (
  db: Database,
  names: Tables,
  run: RunRow,
  ledger: RunLedger.RunLedger,
  removals: number
): Effect.fn.Return<RunWriter, never, Scope.Scope> {
  let nextSeq = run.nextSeq

  const commit = Effect.fnUntraced(
    function* (parcels: ReadonlyArray<Parcel>) {
      const log = parcels.flatMap((parcel) => parcel.log)
      const rows = parcels.flatMap((parcel) => parcel.rows)
      const firstPlace = run.number * RUN + nextSeq
      const changes = Changes.of(log, firstPlace)
      // As of before this commit: a place that is too early only makes the next opening read a little more.
      const settledTo = ledger.oldestOpen() ?? nextSeq
      const now = yield* Clock.currentTimeMillis
      yield* db.transaction<void, StoreError | SqlError.SqlError>((session) =>
        Effect.gen(function* () {
          const tally = yield* Changes.tally(session, names, run.number, changes)
          // Before the inserts: a later writer has used the same places.
          const current = yield* session.rows(
            `UPDATE ${names.runs} SET updated_at = ?, next_seq = ?, settled_to = ?,
               spent = spent + ?, answered = answered + ?, failed = failed + ?
             WHERE number = ? AND epoch = ? RETURNING number`,
            [
              now,
              nextSeq + rows.length,
              settledTo,
              changes.spent,
              tally.answered,
              tally.failed,
              run.number,
              run.epoch
            ]
          )
          if (current.length === 0) return yield* fenced(run)
          yield* Changes.insertLog(session, names, rows, firstPlace)
          yield* Changes.insertOutcomes(session, names, run.number, tally)
          yield* Changes.upsertDeliveries(session, names, run.number, changes)
        })
      )
      for (const [index, record] of log.entries()) {
        const entry = RunLedger.entry(record)
        if (entry !== undefined) ledger.apply(entry, nextSeq + index)
      }
      nextSeq += rows.length
    },
    Effect.catchTag("SqlError", (error) => Effect.fail(storeError("append")(error)))
  )

  const group = yield* GroupCommit.make(commit, closed)
  return { append: (records) => Effect.suspend(() => group.submit(parcel(records, removals))) }
})
