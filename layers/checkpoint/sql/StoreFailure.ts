/** What a driver's error means for the store: told apart once, here, by SQLite's, PostgreSQL's and the system's codes. */
import type { SqlError } from "effect/sql"
import { StoreError } from "../../../src/checkpoint/CheckpointStore.ts"

interface Meaning {
  readonly reason: StoreError["reason"]
  readonly problem: string
  readonly fix: string
}

const full: Meaning = {
  reason: "full",
  problem: "there is no room left to write to.",
  fix: "Free disk space (or raise the quota), then start the run again: it resumes."
}
const readOnly: Meaning = {
  reason: "unreadable",
  problem: "the store cannot be written to.",
  fix: "Give the file, its -wal and -shm files and its folder write permission for this user."
}
const cannotOpen: Meaning = {
  reason: "unreadable",
  problem: "the store cannot be opened.",
  fix: "Check that the path is right, that its folder exists and that this user may read and write it."
}
const notADatabase: Meaning = {
  reason: "unreadable",
  problem: "the file is not a SQLite database.",
  fix: "Choose another path for the store; this file was left as it is."
}
const damaged: Meaning = {
  reason: "corrupt",
  problem: "the database file is damaged.",
  fix: "Restore it from a backup, or save what is readable with the sqlite3 tool's .recover."
}
const busy: Meaning = {
  reason: "failed",
  problem: "another process kept the database busy for too long.",
  fix: "End long transactions on this database, then start the run again: it resumes."
}
const disk: Meaning = {
  reason: "failed",
  problem: "the disk failed to read or write.",
  fix: "Check the disk and its connection, then start the run again: it resumes."
}
const unreachable: Meaning = {
  reason: "failed",
  problem: "the database cannot be reached.",
  fix: "Check that it runs and that address, user and password are right, then start the run again: it resumes."
}
const other: Meaning = {
  reason: "failed",
  problem: "the database refused.",
  fix: "See the cause, then start the run again: it resumes."
}

/** https://www.sqlite.org/rescode.html: the low byte is the primary code. */
const sqliteCodes: Readonly<Record<number, Meaning>> = {
  3: readOnly,
  5: busy,
  6: busy,
  8: readOnly,
  10: disk,
  11: damaged,
  13: full,
  14: cannotOpen,
  26: notADatabase
}

const names: Readonly<Record<string, Meaning>> = {
  SQLITE_PERM: readOnly,
  SQLITE_BUSY: busy,
  SQLITE_LOCKED: busy,
  SQLITE_READONLY: readOnly,
  SQLITE_IOERR: disk,
  SQLITE_CORRUPT: damaged,
  SQLITE_FULL: full,
  SQLITE_CANTOPEN: cannotOpen,
  SQLITE_NOTADB: notADatabase,
  // https://www.postgresql.org/docs/current/errcodes-appendix.html
  "53100": full,
  "25006": readOnly,
  "42501": readOnly,
  ENOSPC: full,
  EDQUOT: full,
  EROFS: readOnly,
  EACCES: cannotOpen,
  EPERM: cannotOpen,
  ENOTDIR: cannotOpen,
  ENOENT: cannotOpen,
  EEXIST: cannotOpen,
  EISDIR: cannotOpen
}

const facts = (cause: unknown): { readonly code?: unknown; readonly errcode?: unknown } =>
  typeof cause === "object" && cause !== null ? cause : {}

const meaning = (error: SqlError.SqlError): Meaning => {
  const { code, errcode } = facts(error.reason.cause)
  if (typeof errcode === "number") return sqliteCodes[errcode & 0xff] ?? other
  if (typeof code === "string") {
    const name = code.startsWith("SQLITE_") ? code.split("_").slice(0, 2).join("_") : code
    const known = names[name]
    if (known !== undefined) return known
  }
  switch (error.reason._tag) {
    case "ConnectionError":
    case "AuthenticationError":
      return unreachable
    case "LockTimeoutError":
      return busy
    default:
      return other
  }
}

/** @param operation what was being done, as `append` */
export const storeError =
  (operation: string) =>
  (error: SqlError.SqlError): StoreError => {
    const { reason, problem, fix } = meaning(error)
    const detail = error.message === "" ? "" : ` (${error.message})`
    return new StoreError({
      reason,
      operation,
      problem: problem.replace(/\.$/, `${detail}.`),
      fix,
      cause: error
    })
  }

/** Another writer was in the way; the same statement may pass a moment later. */
export const isBusy = (error: SqlError.SqlError): boolean =>
  meaning(error) === busy || error.reason._tag === "DeadlockError"
