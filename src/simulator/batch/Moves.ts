/**
 * One batch from one stage to the next: validating, in progress, finalizing, completed; failed, expired, cancelled. When
 * each move is made: `Batches.ts`.
 */
import { Result } from "effect"
import type { FaultKind } from "../Faults.ts"
import * as Faults from "../Faults.ts"
import * as Ledger from "../Ledger.ts"
import { digest } from "../Seeded.ts"
import { type Account, drawn, takes } from "./Account.ts"
import { type Batch, type Stage, totalsOf } from "./Batch.ts"
import * as FileStore from "./FileStore.ts"
import { type BatchDefect, brokenDown, check, tokenLimit } from "./InputCheck.ts"
import * as ResultFile from "./ResultFile.ts"
import * as Work from "./Work.ts"

/** Median, and deviation of the logarithm, of the time that the files take, milliseconds. */
const FINALIZING = { median: 20_000, spread: 0.5 }

const ended = (batch: Batch, as: Extract<Stage, { _tag: "Ended" }>["as"], at: number): Batch => ({
  ...batch,
  stage: { _tag: "Ended", as },
  reached: { ...batch.reached, ended: at },
  totals: totalsOf(batch),
  input: undefined,
  tokens: 0
})

const failed = (batch: Batch, defects: ReadonlyArray<BatchDefect>, at: number): Batch =>
  ended({ ...batch, defects }, "failed", at)

/** Input tokens of a model that the batches at work hold. */
const enqueued = (account: Account, modelId: string): number => {
  let tokens = 0
  for (const id of account.active) {
    const batch = account.batches.get(id)
    if (batch?.modelId === modelId) tokens += batch.tokens
  }
  return tokens
}

const struck = (account: Account, { number }: Batch, kind: FaultKind, at: number): boolean => {
  const { faults, seed, ledger } = account.shop
  const elapsed = at - account.startedAt
  const strikes = Faults.strike(faults, seed, digest("batch"), number, elapsed).has(kind)
  if (strikes) Ledger.countFault(ledger, kind)
  return strikes
}

const begin = (account: Account, batch: Batch, at: number): Batch => {
  const { settings, shop } = account
  const { endpoint, url } = batch.asked
  const checked = check(batch.input ?? new Uint8Array(), endpoint, url, shop)
  if (Result.isFailure(checked)) return failed(batch, checked.failure, at)
  const { lines, model, modelId, tokens } = checked.success
  const limit = settings.enqueuedTokensByModel[modelId] ?? settings.enqueuedTokens
  const begun: Batch = { ...batch, model, modelId, input: undefined }
  if (enqueued(account, modelId) + tokens > limit) {
    return failed(begun, [tokenLimit(model, shop.organization, limit)], at)
  }
  if (struck(account, batch, "batch_failed", at)) return failed(begun, [brokenDown], at)
  const stalls = struck(account, batch, "batch_stall", at)
  const share = stalls ? drawn(account, batch.number, "batch-stall").between(0.2, 0.95) : 1
  const pace = { median: settings.medianMs, spread: settings.spread }
  const until = at + takes(account, batch.number, "batch-work", pace)
  const stopsAfter = Math.floor(share * lines.count)
  const work = Work.make(
    { batch: batch.number, endpoint, lines, from: at, until, stopsAfter },
    shop.seed
  )
  return {
    ...begun,
    tokens,
    reached: { inProgress: at },
    stage: {
      _tag: "InProgress",
      until: Math.max(at, stalls ? batch.expiresAt : Math.min(until, batch.expiresAt)),
      work
    }
  }
}

/** The files of a batch that is over; one without lines is never made. */
const filed = (account: Account, batch: Batch, work: Work.Work, at: number): Batch => {
  const store = (name: string, file: "output" | "errors"): string | undefined =>
    work[file].lines === 0
      ? undefined
      : FileStore.add(account.files, {
          filename: `${batch.id}_${name}.jsonl`,
          purpose: "batch_output",
          createdAt: at,
          bytes: work[file].bytes,
          chunks: () => ResultFile.chunks(account.shop, work, file),
          keptSeconds: batch.asked.keptSeconds
        }).id
  return {
    ...batch,
    outputFileId: store("output", "output"),
    errorFileId: store("error", "errors")
  }
}

/** A batch after the move that is due at this time. */
export const moved = (account: Account, batch: Batch, at: number): Batch => {
  const { stage } = batch
  switch (stage._tag) {
    case "Validating":
      return begin(account, batch, at)
    case "InProgress": {
      const { work } = stage
      Work.settle(account.shop, work, at, account.startedAt)
      const as = work.settled < work.lines.count ? "expired" : "completed"
      if (as === "expired") Work.abandon(account.shop, work, "expired")
      return {
        ...batch,
        reached: { ...batch.reached, finalizing: at },
        stage: {
          _tag: "Finalizing",
          until: at + takes(account, batch.number, "batch-finalizing", FINALIZING),
          work,
          as
        }
      }
    }
    case "Finalizing":
      return ended(filed(account, batch, stage.work, at), stage.as, at)
    case "Cancelling": {
      const { work, stops } = stage
      if (work === undefined) return ended(batch, "cancelled", at)
      Work.settle(account.shop, work, stops, account.startedAt)
      Work.abandon(account.shop, work, "cancelled")
      return ended(filed(account, batch, work, at), "cancelled", at)
    }
    case "Ended":
      return batch
  }
}
