/**
 * The requests of one batch on their way: done in a seeded order, at an even pace, and only when somebody looks. Kept is
 * a handful of bytes for each; the files that they end in are made from these and from the input (`ResultFile.ts`).
 */
import { Result } from "effect"
import type { Endpoint, JsonObject } from "../../request/GenerateRequest.ts"
import { add, none as noUsage, type TokenUsage } from "../../request/TokenUsage.ts"
import * as Faults from "../Faults.ts"
import * as Ledger from "../Ledger.ts"
import type { PlacedRequest } from "../PlacedRequest.ts"
import { asText, isObject } from "../Prompt.ts"
import { type Seeded, seeded } from "../Seeded.ts"
import * as InputLines from "./InputLines.ts"
import * as LineAnswer from "./LineAnswer.ts"
import * as ResultLine from "./ResultLine.ts"

const { Outcome } = ResultLine

export interface Work {
  /** Of all batches, from 0. */
  readonly batch: number
  readonly endpoint: Endpoint
  readonly lines: InputLines.InputLines
  /** The clock's milliseconds from the first request to the last. */
  readonly from: number
  readonly until: number
  /** Requests that it does before it stops for good; all of them in a batch that does not stall. */
  readonly stopsAfter: number
  /** Indexes of lines in the order in which they are done. */
  readonly order: Uint32Array
  readonly outcomes: Uint8Array
  readonly samples: Uint16Array
  readonly cached: Uint32Array
  readonly written: Uint32Array
  settled: number
  completed: number
  failed: number
  usage: TokenUsage
  readonly output: FileSize
  readonly errors: FileSize
}

interface FileSize {
  lines: number
  bytes: number
}

const shuffled = (count: number, random: Seeded): Uint32Array => {
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const kept = order[i] ?? 0
    order[i] = order[j] ?? 0
    order[j] = kept
  }
  return order
}

export const make = (
  given: Pick<Work, "batch" | "endpoint" | "lines" | "from" | "until" | "stopsAfter">,
  seed: number
): Work => {
  const { count } = given.lines
  return {
    ...given,
    order: shuffled(count, seeded(seed, "batch-order", given.batch)),
    outcomes: new Uint8Array(count),
    samples: new Uint16Array(count),
    cached: new Uint32Array(count),
    written: new Uint32Array(count),
    settled: 0,
    completed: 0,
    failed: 0,
    usage: noUsage,
    output: { lines: 0, bytes: 0 },
    errors: { lines: 0, bytes: 0 }
  }
}

/** Requests that are done at a time. */
export const doneBy = (work: Work, now: number): number => {
  const { count } = work.lines
  const share = now >= work.until ? 1 : Math.max(0, (now - work.from) / (work.until - work.from))
  return Math.min(Math.floor(share * count), work.stopsAfter)
}

/** Where a request stands that is done as the `position`th. */
export const placeOf = (work: Work, position: number, index: number): LineAnswer.LinePlace => ({
  batch: work.batch,
  index,
  at: work.from + ((work.until - work.from) * (position + 1)) / work.lines.count
})

export interface Line {
  readonly head: ResultLine.LineHead
  readonly body: JsonObject
}

/** A line again: it has been checked, so that what is missing here was there. */
export const lineOf = (
  shop: LineAnswer.Workshop,
  work: Work,
  where: LineAnswer.LinePlace
): Line => {
  const value = InputLines.read(work.lines, where.index)
  const fields = isObject(value) ? value : {}
  return {
    head: {
      id: `batch_req_${seeded(shop.seed, "batch-line", work.batch, where.index).hex(32)}`,
      customId: asText(fields.custom_id) ?? "",
      requestId: LineAnswer.requestId(shop.seed, where)
    },
    body: isObject(fields.body) ? fields.body : {}
  }
}

const encoder = new TextEncoder()

const count = (file: FileSize, text: string): void => {
  file.lines++
  file.bytes += encoder.encode(text).length
}

/** Half of the provider's own errors come as a response, half without one. */
export const toldAsResponse = (shop: LineAnswer.Workshop, { batch, index }: LineAnswer.LinePlace) =>
  seeded(shop.seed, "batch-broken", batch, index).chance(0.5)

/** The fault that strikes a line, if any does: of two, the first. */
const lineFault = (
  shop: LineAnswer.Workshop,
  content: number,
  elapsed: number
): Faults.FaultKind | undefined => {
  const number = Ledger.attemptsOf(shop.ledger, content)
  const struck = Faults.strike(shop.faults, shop.seed, content, number, elapsed)
  Ledger.countAttempt(shop.ledger, content)
  const kind = (["batch_line", "batch_missing"] as const).find((each) => struck.has(each))
  if (kind !== undefined) Ledger.countFault(shop.ledger, kind)
  return kind
}

/** A responder is the user's own code: where it throws, the line ends with the provider's error, and is counted. */
const answered = (
  shop: LineAnswer.Workshop,
  request: PlacedRequest,
  where: LineAnswer.LinePlace
): ReturnType<typeof LineAnswer.first> | undefined => {
  try {
    return LineAnswer.first(shop, request, where)
  } catch {
    Ledger.countFault(shop.ledger, "responder_threw")
    return undefined
  }
}

const settleOne = (
  shop: LineAnswer.Workshop,
  work: Work,
  position: number,
  startedAt: number
): void => {
  const index = work.order[position] ?? 0
  const where = placeOf(work, position, index)
  const { head, body } = lineOf(shop, work, where)
  const placed = LineAnswer.placed(shop, work.endpoint, body)
  if (Result.isFailure(placed)) {
    work.outcomes[index] = Outcome.rejected
    work.failed++
    count(work.errors, ResultLine.rejected(head, placed.failure))
    return
  }
  const fault = lineFault(shop, placed.success.content, where.at - startedAt)
  const answer = fault === "batch_line" ? undefined : answered(shop, placed.success, where)
  if (answer === undefined) {
    work.outcomes[index] = Outcome.broken
    work.failed++
    count(work.errors, ResultLine.broken(head, toldAsResponse(shop, where)))
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
  count(work.output, ResultLine.succeeded(head, answer.text))
}

/** Does what is to be done by now. Changes `work` and the ledger. */
export const settle = (
  shop: LineAnswer.Workshop,
  work: Work,
  now: number,
  startedAt: number
): void => {
  const done = doneBy(work, now)
  for (; work.settled < done; work.settled++) settleOne(shop, work, work.settled, startedAt)
}

/** The rest is not done any more. */
export const abandon = (
  shop: LineAnswer.Workshop,
  work: Work,
  as: "expired" | "cancelled"
): void => {
  for (; work.settled < work.lines.count; work.settled++) {
    const index = work.order[work.settled] ?? 0
    const { head } = lineOf(shop, work, placeOf(work, work.settled, index))
    work.outcomes[index] = Outcome[as]
    work.failed++
    count(work.errors, ResultLine.undone(head, as))
  }
}
