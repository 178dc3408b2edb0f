/**
 * The results of a run's last scoring, one row an item. A pass writes its rows behind those that are shown and then, in
 * one statement, becomes the one that is: `runs` says from which row to which. What a killed pass left is outside of that,
 * seen by nobody, and deleted by the next pass. No step holds the database for longer than a page takes.
 */
import { Clock, Effect, Option, Schema, Semaphore, Stream } from "effect"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import type { SqlError } from "effect/sql"
import { type Journal, StoreError } from "../../../src/checkpoint/CheckpointStore.ts"
import { ItemRecord } from "../../../src/checkpoint/ItemRecord.ts"
import { closed, fenced } from "../RunRefusals.ts"
import { type Database, pieces, type Row, type Session, tuples } from "./Database.ts"
import type { RunRow } from "./RunTable.ts"
import { storeError } from "./StoreFailure.ts"
import { RUN, seqOf, type Tables } from "./StoreSchema.ts"

SchemaJITCompiler.enable(ItemRecord.ast)
const isItem = Schema.is(ItemRecord)

/** Bounds of what is written in one commit. */
const MOST_ROWS = 1000
const MOST_CHARACTERS = 1_000_000
/** Rows read at once: they carry prompts, and may be long. */
const PAGE = 100
/** Rows deleted at once. */
const SWEEP = 10_000

/** The rows that are shown, by their seq: from the first, up to but without the second. */
type Shown = readonly [from: number, to: number]

const shownOf = (row: Row | undefined): Shown => [
  Number(row?.results_from ?? 0),
  Number(row?.results_to ?? 0)
]

/** Marks the run as changed; fails where a later writer has it. Inside the transaction of what it guards. */
const guard = Effect.fnUntraced(function* (
  session: Session,
  { runs }: Tables,
  run: RunRow,
  show?: Shown
) {
  const now = yield* Clock.currentTimeMillis
  const rows = yield* session.rows(
    `UPDATE ${runs} SET updated_at = ?${show === undefined ? "" : ", results_from = ?, results_to = ?"}
     WHERE number = ? AND epoch = ? RETURNING results_from, results_to`,
    [now, ...(show ?? []), run.number, run.epoch]
  )
  if (rows[0] === undefined) return yield* fenced(run)
  return shownOf(rows[0])
})

/** Deletes the rows between two seqs. */
const sweep = Effect.fnUntraced(function* (
  db: Database,
  names: Tables,
  run: RunRow,
  [from, to]: Shown
) {
  const start = run.number * RUN
  const range = [start + from, start + to]
  const step = db.transaction<number, StoreError | SqlError.SqlError>((session) =>
    Effect.gen(function* () {
      yield* guard(session, names, run)
      const [found] = yield* session.rows(
        `SELECT count(*) AS rows, max(place) AS last FROM (
           SELECT place FROM ${names.results} WHERE place >= ? AND place < ? ORDER BY place LIMIT ${SWEEP}
         ) AS page`,
        range
      )
      const rows = Number(found?.rows ?? 0)
      if (rows > 0) {
        const text = `DELETE FROM ${names.results} WHERE place >= ? AND place <= ?`
        yield* session.run(text, [start + from, Number(found?.last)])
      }
      return rows
    })
  )
  while ((yield* step) === SWEEP) {}
})

/** @param isOpen whether the run may still be written to */
export const replacer = Effect.fnUntraced(function* (
  db: Database,
  names: Tables,
  run: RunRow,
  isOpen: () => boolean
): Effect.fn.Return<Journal["replaceResults"]> {
  const one = yield* Semaphore.make(1)
  /** The store's part of it: refused once the run is closed, its errors told apart from those of the items. */
  const own = <A>(
    effect: Effect.Effect<A, StoreError | SqlError.SqlError>
  ): Effect.Effect<A, StoreError> =>
    Effect.suspend(() => (isOpen() ? effect : closed())).pipe(
      Effect.catchTag("SqlError", (error) => Effect.fail(storeError("replaceResults")(error)))
    )
  const inOne = (body: (session: Session) => Effect.Effect<void, StoreError | SqlError.SqlError>) =>
    own(
      db.transaction<Shown, StoreError | SqlError.SqlError>((session) =>
        Effect.tap(guard(session, names, run), () => body(session))
      )
    )
  const insert = (rows: ReadonlyArray<string>, firstSeq: number) =>
    inOne(
      Effect.fnUntraced(function* (session) {
        let place = run.number * RUN + firstSeq
        for (const piece of pieces(rows)) {
          yield* session.run(
            `${session.insert} INTO ${names.results} (place, json) VALUES ${tuples(piece.length, 2)}`,
            piece.flatMap((json) => [place++, json])
          )
        }
      })
    )

  return Effect.fnUntraced(
    function* <E, R>(items: Stream.Stream<ItemRecord, E, R>) {
      const shown = yield* inOne(() => Effect.void)
      const [from, to] = shown
      yield* own(sweep(db, names, run, [0, from]))
      yield* own(sweep(db, names, run, [to, RUN]))
      // Seqs begin again at 0 when half of them are used up.
      const first = from > RUN / 2 ? 0 : to
      let next = first
      let rows: Array<string> = []
      let characters = 0
      const flush = Effect.suspend(() => {
        if (rows.length === 0) return Effect.void
        const [page, seq] = [rows, next]
        next += rows.length
        rows = []
        characters = 0
        return insert(page, seq)
      })
      yield* Stream.runForEachArray(items, (page) =>
        Effect.gen(function* () {
          for (const item of page) {
            const json = JSON.stringify(item)
            rows.push(json)
            characters += json.length
            if (rows.length >= MOST_ROWS || characters >= MOST_CHARACTERS) yield* flush
          }
        })
      )
      yield* flush
      yield* own(db.transaction((session) => guard(session, names, run, [first, next])))
      yield* own(sweep(db, names, run, shown))
    },
    (effect) => one.withPermits(1)(effect)
  )
})

const replaced = (): StoreError =>
  new StoreError({
    reason: "failed",
    operation: "results",
    problem: "the results of this run were replaced while they were being read.",
    fix: "Read them again."
  })

const damaged = (run: RunRow, row: Row): StoreError =>
  new StoreError({
    reason: "corrupt",
    operation: "results",
    problem: `result ${seqOf(row.place)} of the run "${run.name}" (${run.id}) is damaged.`,
    fix: "Score the run again: its answers are kept apart from this."
  })

const decode = ({ json }: Row): ItemRecord | undefined => {
  try {
    const value: unknown = JSON.parse(String(json))
    return isItem(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Those of one pass: where another takes its place while they are being read, it fails and never mixes them. */
export const read = (
  db: Database,
  names: Tables,
  run: RunRow
): Stream.Stream<ItemRecord, StoreError | SqlError.SqlError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const [row] = yield* db.rows(
        `SELECT results_from, results_to FROM ${names.runs} WHERE number = ?`,
        [run.number]
      )
      const [from, to] = shownOf(row)
      const start = run.number * RUN
      const page = Effect.fnUntraced(function* (seq: number) {
        const end = Math.min(seq + PAGE, to)
        const rows = yield* db.rows(
          `SELECT r.place, r.json FROM ${names.results} r
           JOIN ${names.runs} u ON u.number = ? AND u.results_from = ? AND u.results_to = ?
           WHERE r.place >= ? AND r.place < ? ORDER BY r.place`,
          [run.number, from, to, start + seq, start + end]
        )
        if (rows.length < end - seq) return yield* replaced()
        const items: Array<ItemRecord> = []
        for (const row of rows) {
          const item = decode(row)
          if (item === undefined) return yield* damaged(run, row)
          items.push(item)
        }
        return [items, end < to ? Option.some(end) : Option.none<number>()] as const
      })
      return from === to ? Stream.empty : Stream.paginate(from, page)
    })
  )
