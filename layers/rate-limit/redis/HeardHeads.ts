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

type Reports = { [Name in BucketName]?: Report }

export class HeardHeads {
  private newest: NonNullable<Ask["head"]> | undefined
  private votes = { rd: 0, td: 0 }

  /** @returns whether it is worth telling at once: a limit that is not the one that was known, or too little left */
  hear(headers: RateLimitHeaders, mark: SharedMark, known: Known): boolean {
    const reports: Reports = {}
    if (headers.requests !== undefined) this.file(reports, "rm", "rd", headers.requests, known)
    if (headers.tokens !== undefined) this.file(reports, "tm", "td", headers.tokens, known)
    if (headers.projectTokens !== undefined) reports.tp = reportOf(headers.projectTokens)
    if (this.newest === undefined || mark.at >= this.newest.at) this.newest = { ...mark, reports }
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
