/**
 * One thing that the provider counts, requests or tokens, with all its limits: per minute, per day where there is one, and
 * a project's beside the organization's. A charge goes to all of them, and the tightest binds. `BucketMirror.ts` has the
 * two resources.
 *
 * A day's limit hides in the same headers as the minute's: whichever is tighter is told. What tells them apart is the
 * time until full, which for a day's bucket is 1,440 times as long.
 */
import { Bucket, type BucketOptions, type Mark } from "./Bucket.ts"
import type { Departure } from "./PoolQuota.ts"
import type { BucketReport } from "./RateLimitHeaders.ts"

export const MINUTE = 60_000
export const DAY = 86_400_000

/** Level of a day's bucket held back, as a share of its limit. */
const DAY_HEADROOM = 0.005

/** Reports that a day's limit needs to be believed, and that contradict it to be given up again. */
const ENOUGH = 3

/** Responses in a row without a word of the project's limit, until there is none. */
const GONE = 20

/** Whether a report is about a day: its time until full is of the order that a day's bucket takes. */
export const isDaily = ({ limit, remaining, resetMs }: BucketReport): boolean => {
  if (limit === undefined || remaining === undefined || resetMs === undefined) return false
  const missing = limit - remaining
  return missing >= 1 && resetMs >= (0.5 * missing * DAY) / limit
}

export interface ResourceOptions
  extends Omit<BucketOptions, "window" | "guess" | "guessed" | "neighbours"> {
  readonly perMinute: number
  /** `undefined`: none, until responses tell of one. */
  readonly perDay: number | undefined
}

export class Resource {
  readonly minute: Bucket
  private daily: Bucket | undefined
  private project: Bucket | undefined
  private readonly options: ResourceOptions
  /** Responses in a row that told no limit of the project. */
  private unseen = 0
  /** Reports in a row for or against a day's limit. */
  private votes = 0

  constructor(options: ResourceOptions, now: number) {
    this.options = options
    const { perDay, perMinute, ...shared } = options
    this.minute = new Bucket(
      { ...shared, window: MINUTE, guess: perMinute, guessed: true, neighbours: true },
      now
    )
    if (perDay !== undefined) this.daily = this.makeDaily(perDay, now)
  }

  /** The day's bucket, where there is one. */
  get day(): Bucket | undefined {
    return this.daily
  }

  /** Of the minute's buckets the tighter one. */
  get binding(): Bucket {
    const { minute, project } = this
    return project !== undefined && project.limit < minute.limit ? project : minute
  }

  wait(charge: number, now: number): number {
    const project = this.project?.wait(charge, now) ?? 0
    const day = this.daily?.wait(charge, now) ?? 0
    return Math.max(this.minute.wait(charge, now), project, day)
  }

  /** The bucket that can never hold the charge. */
  excludes(charge: number): { readonly limit: number; readonly per: "minute" | "day" } | undefined {
    const { daily, minute, project } = this
    if (minute.excludes(charge)) return { limit: minute.limit, per: "minute" }
    if (project?.excludes(charge) === true) return { limit: project.limit, per: "minute" }
    return daily?.excludes(charge) === true ? { limit: daily.limit, per: "day" } : undefined
  }

  take(charge: number, now: number): void {
    this.minute.take(charge, now)
    this.project?.take(charge, now)
    this.daily?.take(charge, now)
  }

  refund(charge: number, takenAt: number): void {
    this.minute.refund(charge, takenAt)
    this.project?.refund(charge, takenAt)
    this.daily?.refund(charge, takenAt)
  }

  depart(charge: number, mark: Mark, fenced: number): Departure {
    this.project?.depart(charge, mark, fenced)
    this.daily?.depart(charge, mark, fenced)
    return this.minute.depart(charge, mark, fenced)
  }

  /** False: it told nothing. */
  observe(
    report: BucketReport,
    mark: Mark,
    departure: Departure,
    now: number,
    refused: number
  ): boolean {
    const daily = isDaily(report)
    this.vote(report, daily, now)
    if (!daily) return this.minute.observe(report, mark, departure, now, refused)
    // A report that stands alone is no reason to believe in a day's limit, nor one to change the minute's.
    return this.daily?.observe(report, mark, departure, now, refused) ?? true
  }

  observeProject(
    report: BucketReport,
    mark: Mark,
    departure: Departure,
    now: number,
    refused: number
  ): boolean {
    this.unseen = 0
    this.project ??= this.minute.sibling(this.minute.options, now)
    // The refill that found the organization's bucket full was none of this one's.
    return this.project.observe(report, mark, { ...departure, overflow: 0 }, now, refused)
  }

  /** A response has told the limits, and none of a project. */
  missProject(): void {
    if (this.project !== undefined && ++this.unseen >= GONE) this.project = undefined
  }

  slowDown(now: number): void {
    this.minute.slowDown(now)
    this.project?.slowDown(now)
  }

  private vote(report: BucketReport, daily: boolean, now: number): void {
    if (this.daily === undefined) {
      this.votes = daily ? this.votes + 1 : 0
      if (this.votes < ENOUGH || report.limit === undefined) return
      this.daily = this.makeDaily(report.limit, now)
      this.votes = 0
      return
    }
    // The tighter limit is told: with less left of the day, it would have been the day's.
    const contradicts =
      !daily && report.remaining !== undefined && report.remaining > this.daily.left(now) + 1
    this.votes = contradicts ? this.votes + 1 : 0
    if (this.votes < ENOUGH || this.options.perDay !== undefined) return
    this.daily = undefined
    this.votes = 0
  }

  private makeDaily(limit: number, now: number): Bucket {
    const { perDay, perMinute, ...shared } = this.options
    return this.minute.sibling(
      {
        ...shared,
        headroom: Math.min(shared.headroom, DAY_HEADROOM),
        burst: 1,
        window: DAY,
        guess: limit,
        guessed: false,
        neighbours: false
      },
      now
    )
  }
}
