/**
 * A batch's output and error file while it is read: from the shelf (`ResultWriter.ts`), or made again from what is known
 * of each request (`Work.ts`). Both give the same bytes.
 */
import { Result } from "effect"
import * as LineAnswer from "./LineAnswer.ts"
import * as ResultLine from "./ResultLine.ts"
import * as ResultWriter from "./ResultWriter.ts"
import * as Settle from "./Settle.ts"
import * as Work from "./Work.ts"

const { Outcome } = ResultLine
const encoder = new TextEncoder()

const errorLine = (
  shop: LineAnswer.Workshop,
  work: Work.Work,
  outcome: number,
  where: LineAnswer.LinePlace
): string => {
  if (outcome === Outcome.expired || outcome === Outcome.cancelled) {
    const as = outcome === Outcome.expired ? "expired" : "cancelled"
    return ResultLine.undone(Work.undoneLine(shop.seed, work, where), as)
  }
  const { head, placed } = Work.lineOf(shop.seed, work, where)
  if (outcome === Outcome.broken) return ResultLine.broken(head, Settle.toldAsResponse(shop, where))
  return Result.isFailure(placed) ? ResultLine.rejected(head, placed.failure) : ""
}

const outputLine = (
  shop: LineAnswer.Workshop,
  work: Work.Work,
  where: LineAnswer.LinePlace
): string => {
  const { head, placed } = Work.lineOf(shop.seed, work, where)
  if (Result.isFailure(placed)) return ""
  const { index } = where
  const use = { cached: work.cached[index] ?? 0, written: work.written[index] ?? 0 }
  const sample = work.samples[index] ?? 0
  const body = LineAnswer.again(shop, placed.success, where, head, sample, use)
  return ResultLine.succeeded(head, body)
}

const errorOutcomes: ReadonlySet<number> = new Set([
  Outcome.rejected,
  Outcome.broken,
  Outcome.expired,
  Outcome.cancelled
])

function* madeAgain(
  shop: LineAnswer.Workshop,
  work: Work.Work,
  file: "output" | "errors"
): Iterable<Uint8Array> {
  let text = ""
  for (const [position, index] of work.order.entries()) {
    const outcome = work.outcomes[index] ?? Outcome.pending
    const wanted = file === "output" ? outcome === Outcome.succeeded : errorOutcomes.has(outcome)
    if (!wanted) continue
    const where = Work.placeOf(work, position, index)
    text +=
      file === "output" ? outputLine(shop, work, where) : errorLine(shop, work, outcome, where)
    if (text.length < ResultWriter.PIECE) continue
    yield encoder.encode(text)
    text = ""
  }
  if (text !== "") yield encoder.encode(text)
}

/** A file of results, in the order in which the requests were done. Once it has been read to its end, the shelf has room again. */
export function* chunks(
  shop: LineAnswer.Workshop,
  work: Work.Work,
  file: "output" | "errors"
): Iterable<Uint8Array> {
  const writer = work[file]
  if (writer.pieces === undefined) {
    yield* madeAgain(shop, work, file)
    return
  }
  yield* writer.pieces
  ResultWriter.release(shop.shelf, writer)
}
