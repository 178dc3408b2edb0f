/** A batch's output and error file, made again from what is known of each request (`Work.ts`) while it is read. */
import { Result } from "effect"
import * as LineAnswer from "./LineAnswer.ts"
import * as ResultLine from "./ResultLine.ts"
import * as Work from "./Work.ts"

const { Outcome } = ResultLine
const encoder = new TextEncoder()

const errorLine = (
  shop: LineAnswer.Workshop,
  work: Work.Work,
  outcome: number,
  line: Work.Line,
  where: LineAnswer.LinePlace
): string => {
  if (outcome === Outcome.expired) return ResultLine.undone(line.head, "expired")
  if (outcome === Outcome.cancelled) return ResultLine.undone(line.head, "cancelled")
  if (outcome === Outcome.broken)
    return ResultLine.broken(line.head, Work.toldAsResponse(shop, where))
  const placed = LineAnswer.placed(shop, work.endpoint, line.body)
  return Result.isFailure(placed) ? ResultLine.rejected(line.head, placed.failure) : ""
}

const outputLine = (
  shop: LineAnswer.Workshop,
  work: Work.Work,
  line: Work.Line,
  where: LineAnswer.LinePlace
): string => {
  const placed = LineAnswer.placed(shop, work.endpoint, line.body)
  if (Result.isFailure(placed)) return ""
  const { index } = where
  const use = { cached: work.cached[index] ?? 0, written: work.written[index] ?? 0 }
  const sample = work.samples[index] ?? 0
  return ResultLine.succeeded(line.head, LineAnswer.again(shop, placed.success, where, sample, use))
}

const errorOutcomes: ReadonlySet<number> = new Set([
  Outcome.rejected,
  Outcome.broken,
  Outcome.expired,
  Outcome.cancelled
])

/** Characters of a piece of a file. */
const PIECE = 65_536

/** A file of results, in the order in which the requests were done, made while it is read. */
export function* chunks(
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
    const line = Work.lineOf(shop, work, where)
    text +=
      file === "output"
        ? outputLine(shop, work, line, where)
        : errorLine(shop, work, outcome, line, where)
    if (text.length < PIECE) continue
    yield encoder.encode(text)
    text = ""
  }
  if (text !== "") yield encoder.encode(text)
}
