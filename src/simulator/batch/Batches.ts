/**
 * The account's batches over time. Nothing moves by itself: `advance` makes every move (`Moves.ts`) that is due by a time,
 * in the order of time, whenever somebody asks.
 */
import { type Account, drawn, takes } from "./Account.ts"
import { type Batch, type BatchAsked, noTotals, workOf } from "./Batch.ts"
import { moved } from "./Moves.ts"
import * as Work from "./Work.ts"

/** Medians, and deviations of the logarithm, of the times beside the work itself, milliseconds. */
const VALIDATION = { median: 8_000, spread: 0.5 }
const CANCELLING = { median: 60_000, spread: 0.8, most: 600_000 }
const HOUR = 3_600_000

const put = (account: Account, batch: Batch): Batch => {
  account.batches.set(batch.id, batch)
  if (batch.stage._tag === "Ended") account.active.delete(batch.id)
  else account.active.add(batch.id)
  return batch
}

/** Whether one more may be created. */
export const mayCreate = (account: Account, now: number): boolean => {
  account.creations = account.creations.filter((at) => at > now - HOUR)
  return account.creations.length < account.settings.creationsPerHour
}

export const create = (account: Account, { input, ...asked }: BatchAsked, now: number): Batch => {
  const number = account.batches.size
  account.creations = [...account.creations, now]
  return put(account, {
    id: `batch_${drawn(account, number, "batch").hex(32)}`,
    number,
    asked,
    createdAt: now,
    expiresAt: now + account.settings.windowMs,
    stage: {
      _tag: "Validating",
      until: now + takes(account, number, "batch-validation", VALIDATION)
    },
    reached: {},
    input,
    model: undefined,
    modelId: "",
    tokens: 0,
    defects: [],
    totals: noTotals,
    outputFileId: undefined,
    errorFileId: undefined
  })
}

const due = (batch: Batch): number =>
  batch.stage._tag === "Ended" ? Number.POSITIVE_INFINITY : batch.stage.until

const earliest = (account: Account): Batch | undefined => {
  let first: Batch | undefined
  for (const id of account.active) {
    const batch = account.batches.get(id)
    if (batch !== undefined && (first === undefined || due(batch) < due(first))) first = batch
  }
  return first
}

/** Makes every move that is due by now. */
export const advance = (account: Account, now: number): void => {
  for (
    let next = earliest(account);
    next !== undefined && due(next) <= now;
    next = earliest(account)
  ) {
    put(account, moved(account, next, due(next)))
  }
}

/** Does what a batch that is under way has done by now. */
export const settle = (account: Account, batch: Batch, now: number): Batch => {
  const work = workOf(batch.stage)
  if (work === undefined || batch.stage._tag === "Finalizing") return batch
  const until = batch.stage._tag === "Cancelling" ? Math.min(now, batch.stage.stops) : now
  Work.settle(account.shop, work, until, account.startedAt)
  return batch
}

/** All that is due, of all batches. */
export const settleAll = (account: Account, now: number): void => {
  advance(account, now)
  for (const id of account.active) {
    const batch = account.batches.get(id)
    if (batch !== undefined) settle(account, batch, now)
  }
}

/** Only a batch that is being checked or worked on can be cancelled; `undefined` for any other. */
export const cancel = (account: Account, batch: Batch, now: number): Batch | undefined => {
  const { stage } = batch
  if (stage._tag === "Cancelling") return batch
  if (stage._tag !== "Validating" && stage._tag !== "InProgress") return undefined
  const time = Math.min(
    CANCELLING.most,
    takes(account, batch.number, "batch-cancelling", CANCELLING)
  )
  return put(account, {
    ...batch,
    reached: { ...batch.reached, cancelling: now },
    stage: { _tag: "Cancelling", until: now + time, stops: now + time / 2, work: workOf(stage) }
  })
}
