/**
 * What responses have told since the last call to Redis: the newest of them, by order of sending. Whether a report is
 * about a minute or a day is decided here, as in `src/rate-limit/Resource.ts`.
 */
import type { BucketReport, RateLimitHeaders } from "../../../src/rate-limit/RateLimitHeaders.ts"
import { isDaily } from "../../../src/rate-limit/Resource.ts"
import type { Known } from "./KnownLimits.ts"
import type { Ask, BucketName, Pair, Report } from "./QuotaScript.ts"

/** Reports of a day's limit in a row that it takes to believe in one. */
const ENOUGH = 3

/** When a request left, on the clock of Redis, and what everybody had sent for certain by then. */
export interface SharedMark {
  readonly epoch: number
  /** Not before. */
  readonly after: number
  /** Not later. */
  readonly at: number
  readonly charge: Pair
  readonly seen: Pair
}

/** The fence, at least and at most. Milliseconds. */
const FENCE = [120, 1_000] as const
/** A quick response counts for so long. */
const RECENT = 2_000

type Reports = { [Name in BucketName]?: Report }

export class HeardHeads {
  private newest: NonNullable<Ask["head"]> | undefined
  /** The least time that a response took lately: where that grows, everything is late, and the fence grows with it. */
  private quickest = Number.POSITIVE_INFINITY
  private quickestAt = Number.NEGATIVE_INFINITY
  private votes = { rd: 0, td: 0 }

  /** @returns whether it is worth telling at once: a limit that is not the one that was known, or too little left */
  hear(
    headers: RateLimitHeaders,
    mark: SharedMark,
    known: Known,
    took: number,
    now: number
  ): boolean {
    if (took <= this.quickest || now - this.quickestAt > RECENT) {
      this.quickest = took
      this.quickestAt = now
    }
    const reports: Reports = {}
    if (headers.requests !== undefined) this.file(reports, "rm", "rd", headers.requests, known)
    if (headers.tokens !== undefined) this.file(reports, "tm", "td", headers.tokens, known)
    if (headers.projectTokens !== undefined) reports.tp = reportOf(headers.projectTokens)
    if (this.newest === undefined || mark.at >= this.newest.at) {
      const fence = Math.min(Math.max(this.quickest, FENCE[0]), FENCE[1])
      this.newest = { ...mark, fence, reports }
    }
    return Object.entries(reports).some(
      ([name, { limit }]) => limit !== undefined && limit !== known[name as BucketName]?.limit
    )
  }

  /** Hands it over; it is not told twice. */
  take(): Ask["head"] {
    const head = this.newest
    this.newest = undefined
    return head
  }

  get any(): boolean {
    return this.newest !== undefined
  }

  private file(
    reports: Reports,
    minute: "rm" | "tm",
    day: "rd" | "td",
    report: BucketReport,
    known: Known
  ): void {
    if (!isDaily(report)) {
      this.votes[day] = 0
      reports[minute] = reportOf(report)
    } else if (known[day] !== undefined || ++this.votes[day] >= ENOUGH) {
      reports[day] = reportOf(report)
    }
  }
}

const reportOf = ({ limit, remaining }: BucketReport): Report => ({
  ...(limit === undefined ? {} : { limit }),
  ...(remaining === undefined ? {} : { remaining })
})
