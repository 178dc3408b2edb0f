/** Does the requests of a batch that are due, in their order: answered and billed, refused, struck by a fault, or given up. */
import { Result } from "effect"
import { seeded } from "../../random/Seeded.ts"
import { add } from "../../request/TokenUsage.ts"
import * as Faults from "../Faults.ts"
import * as Ledger from "../Ledger.ts"
import * as InputLines from "./InputLines.ts"
import * as LineAnswer from "./LineAnswer.ts"
import * as ResultLine from "./ResultLine.ts"
import * as ResultWriter from "./ResultWriter.ts"
import * as Slice from "./Slice.ts"
import * as Work from "./Work.ts"

const { Outcome } = ResultLine

/** Half of the provider's own errors come as a response, half without one. */
export const toldAsResponse = (shop: LineAnswer.Workshop, { batch, index }: LineAnswer.LinePlace) =>
  seeded(shop.seed, "batch-broken", batch, index).chance(0.5)

const lineFaults = ["batch_line", "batch_missing"] as const

/** The fault that strikes a line, if any does: of two, the first. */
const lineFault = (
  shop: LineAnswer.Workshop,
  content: number,
  { at, batch }: LineAnswer.LinePlace,
  startedAt: number
): Faults.FaultKind | undefined => {
  const { faults, keepBilledContents, ledger, seed } = shop
  // Without an account of each content, a batch that asks once more is another attempt all the same.
  const attempt = keepBilledContents ? Ledger.countAttempt(ledger, content) : batch
  if (faults.rates.length === 0) return undefined
  const struck = Faults.strike(faults, seed, content, attempt, at - startedAt)
  const kind = lineFaults.find((each) => struck.has(each))
  if (kind !== undefined) Ledger.countFault(ledger, kind)
  return kind
}

/** A responder is the user's own code: where it throws, the line ends with the provider's error, and is counted. */
const answered = (
  shop: LineAnswer.Workshop,
  line: LineAnswer.PlacedLine,
  where: LineAnswer.LinePlace,
  head: ResultLine.LineHead
): ReturnType<typeof LineAnswer.first> | undefined => {
  try {
    return LineAnswer.first(shop, line, where, head)
  } catch {
    Ledger.countFault(shop.ledger, "responder_threw")
    return undefined
  }
}

const settleOne = (
  shop: LineAnswer.Workshop,
  work: Work.Work,
  index: number,
  startedAt: number
): void => {
  const where = Work.placeOf(work, work.settled, index)
  const { head, placed } = Work.lineOf(shop.seed, work, where)
  if (Result.isFailure(placed)) {
    work.outcomes[index] = Outcome.rejected
    work.failed++
    ResultWriter.write(shop.shelf, work.errors, ResultLine.rejected(head, placed.failure))
    return
  }
  const line = placed.success
  const fault = lineFault(shop, line.content, where, startedAt)
  const answer = fault === "batch_line" ? undefined : answered(shop, line, where, head)
  if (answer === undefined) {
    work.outcomes[index] = Outcome.broken
    work.failed++
    const told = toldAsResponse(shop, where)
    ResultWriter.write(shop.shelf, work.errors, ResultLine.broken(head, told))
    return
  }
  work.usage = add(work.usage, answer.usage)
  work.samples[index] = answer.sample
  work.cached[index] = answer.usage.cached
  work.written[index] = answer.usage.cacheWrite
  if (fault === "batch_missing") {
    work.outcomes[index] = Outcome.missing
    return
  }
  work.outcomes[index] = Outcome.succeeded
  work.completed++
  ResultWriter.write(shop.shelf, work.output, ResultLine.succeeded(head, answer.text))
}

/** Does what the slice has room for, line by line, up to a number of them; true once they are done. */
const through = (
  work: Work.Work,
  to: number,
  slice: Slice.Slice,
  one: (index: number) => void
): boolean => {
  while (work.settled < to) {
    if (Slice.isSpent(slice)) return false
    const index = work.order[work.settled] ?? 0
    one(index)
    work.settled++
    Slice.spend(slice, InputLines.bytesOf(work.lines, index))
  }
  return true
}

/** Does what is to be done by now; true once it is done. Changes `work`, the ledger and the slice. */
export const settle = (
  shop: LineAnswer.Workshop,
  work: Work.Work,
  now: number,
  startedAt: number,
  slice: Slice.Slice
): boolean =>
  through(work, Work.doneBy(work, now), slice, (index) => settleOne(shop, work, index, startedAt))

/** The rest is not done any more; true once all of it is written down. */
export const abandon = (
  shop: LineAnswer.Workshop,
  work: Work.Work,
  as: "expired" | "cancelled",
  slice: Slice.Slice
): boolean =>
  through(work, work.lines.count, slice, (index) => {
    const head = Work.undoneLine(shop.seed, work, Work.placeOf(work, work.settled, index))
    work.outcomes[index] = Outcome[as]
    work.failed++
    ResultWriter.write(shop.shelf, work.errors, ResultLine.undone(head, as))
  })
