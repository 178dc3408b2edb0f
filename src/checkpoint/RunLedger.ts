/**
 * What a run's log adds up to: money spent, and the attempts that have begun and not ended. A plain accumulator, so
 * that a store can fold a log of millions of records in constant memory. Used by every store in `layers/checkpoint/`.
 *
 * An `Intent` opens an attempt with what it reserves; `Released` or `Answered` of the same key and attempt closes it
 * with what it cost. What is still open when a run is opened belongs to a process that died: sent perhaps, billed
 * perhaps. `settlement` closes it at its worst case, once, so that every later cap includes it.
 */
import type { RequestKey } from "./RequestKey.ts"
import type { Released, RunRecord } from "./RunRecord.ts"

/** The part of a record that moves the ledger. */
export type Entry =
  | {
      readonly _tag: "Intent"
      readonly key: RequestKey
      readonly attempt: number
      /** 1e-9 USD. */
      readonly reserved: number
    }
  | {
      readonly _tag: "Closed"
      readonly key: RequestKey
      readonly attempt: number
      /** 1e-9 USD. */
      readonly spent: number
    }

/** What a record does to the ledger, if anything. */
export const entry = (record: RunRecord): Entry | undefined => {
  switch (record._tag) {
    case "Intent":
      return record
    case "Released":
      return { _tag: "Closed", key: record.key, attempt: record.attempt, spent: record.spent }
    case "Answered":
      return {
        _tag: "Closed",
        key: record.key,
        attempt: record.attempt,
        spent: record.response.cost
      }
    default:
      return undefined
  }
}

/** An attempt that has begun and not ended. */
export interface OpenAttempt {
  readonly key: RequestKey
  readonly attempt: number
  readonly reserved: number
}

export interface RunLedger {
  /** 1e-9 USD of all closed attempts. */
  readonly spent: () => number
  /** In the order of their intents. */
  readonly open: () => ReadonlyArray<OpenAttempt>
  /** Place of the oldest open intent: everything before it is closed. */
  readonly oldestOpen: () => number | undefined
  /** Takes in the record at place `seq`; places only grow. */
  readonly apply: (entry: Entry, seq: number) => void
}

export const make = (spentBefore = 0): RunLedger => {
  let spent = spentBefore
  // In the order of insertion, which is the log's.
  const open = new Map<number, OpenAttempt>()
  // Two equal requests may be under way at once: each closing takes the newest of its id. The oldest would not do: a
  // fold that begins at `oldestOpen` has not seen what was closed before it, and would close another one.
  const places = new Map<string, Array<number>>()
  return {
    spent: () => spent,
    open: () => [...open.values()],
    oldestOpen: () => open.keys().next().value,
    apply: (entry, seq) => {
      const { key, attempt } = entry
      const id = `${attempt} ${key}`
      const same = places.get(id)
      if (entry._tag === "Intent") {
        open.set(seq, { key, attempt, reserved: entry.reserved })
        if (same === undefined) places.set(id, [seq])
        else same.push(seq)
        return
      }
      spent += entry.spent
      const closed = same?.pop()
      if (closed === undefined) return
      open.delete(closed)
      if (same?.length === 0) places.delete(id)
    }
  }
}

/** The records that close what is open at its worst case. */
export const settlement = (ledger: RunLedger): ReadonlyArray<typeof Released.Type> =>
  ledger.open().map(({ key, attempt, reserved }) => ({
    _tag: "Released",
    key,
    attempt,
    spent: reserved,
    unknown: true
  }))
