/**
 * The lock of a run in a SQLite store: a file of its own beside the database, held by an exclusive transaction that
 * never writes. The operating system ends it with the process. The file stays; an unheld one means nothing, and
 * deleting it could let two processes hold "it" at once.
 *
 * A file beside it says who holds it. It is another file because POSIX drops all of a process's locks on a file as soon
 * as that process closes any handle of it: nothing but SQLite may ever open the lock file or the database.
 */
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import type { DatabaseSync } from "node:sqlite"
import { Effect, Schedule } from "effect"
import { StoreError } from "../../../src/checkpoint/CheckpointStore.ts"
import * as NodeSqlite from "../NodeSqlite.ts"
import type { RunLocks } from "../RunLocks.ts"
import { locked } from "../RunRefusals.ts"

const BUSY = 5

/** Asking whether a lock is held takes it for a moment: an opening run tries again before it believes it. */
const moments = Schedule.spaced("25 millis").pipe(Schedule.upTo({ times: 8 }))

const isBusy = (cause: unknown): boolean =>
  cause instanceof Error && "errcode" in cause && (Number(cause.errcode) & 0xff) === BUSY

/** Names are free text: the file's name keeps what is safe of it, for people, and a hash, for truth. */
const fileOf = (folder: string, prefix: string, name: string): string => {
  const safe = name.replace(/[^A-Za-z0-9_.-]+/g, "-").slice(0, 40)
  const hash = createHash("sha256").update(`${prefix}\0${name}`).digest("hex").slice(0, 16)
  return `${folder}/${safe}-${hash}`
}

/** Runs `statement` on the lock file; the database that holds it, or `undefined` where another one does. */
const tryLock = (file: string, statement: string): DatabaseSync | undefined => {
  const db = new (NodeSqlite.load().DatabaseSync)(file, { timeout: 0 })
  try {
    db.exec(statement)
    return db
  } catch (cause) {
    db.close()
    if (isBusy(cause)) return undefined
    throw cause
  }
}

const holderOf = (file: string): string => {
  try {
    const pid = Number.parseInt(fs.readFileSync(`${file}.pid`, "utf8"), 10)
    if (pid === process.pid) return `this process (pid ${pid})`
    return Number.isInteger(pid) ? `another process (pid ${pid})` : "another process"
  } catch {
    return "another process"
  }
}

/** @param database path of the SQLite file that holds the store */
export const make = (database: string, prefix: string): RunLocks => {
  const folder = `${database}.locks`
  const attempt = <A>(run: () => A): Effect.Effect<A, StoreError> =>
    Effect.try({
      try: run,
      catch: (cause) =>
        new StoreError({
          reason: "unreadable",
          operation: "open",
          problem: `the locks beside the store cannot be used (${String(cause)}).`,
          fix: `Give this user write permission for ${folder} and the files in it.`,
          cause
        })
    })
  const take = (name: string) =>
    Effect.gen(function* () {
      const file = fileOf(folder, prefix, name)
      const db = yield* attempt(() => {
        fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
        return tryLock(file, "BEGIN EXCLUSIVE")
      })
      if (db === undefined) return yield* locked(name, holderOf(file))
      yield* Effect.ignore(
        attempt(() => fs.writeFileSync(`${file}.pid`, `${process.pid}\n`, { mode: 0o600 }))
      )
      return db
    }).pipe(Effect.retry({ schedule: moments, while: (error) => error.reason === "locked" }))
  return {
    acquire: (name) =>
      Effect.asVoid(Effect.acquireRelease(take(name), (db) => Effect.sync(() => db.close()))),
    held: (name) =>
      attempt(() => {
        const file = fileOf(folder, prefix, name)
        if (!fs.existsSync(file)) return false
        const db = tryLock(file, "BEGIN; SELECT count(*) FROM sqlite_master")
        db?.close()
        return db === undefined
      })
  }
}
