/**
 * What others take from a bucket that they share with us, estimated from what responses tell: `Bucket.ts` lets its
 * mirror refill more slowly by that much.
 *
 * Between two responses the provider's level must have changed by the refill less our own charges. What is missing
 * beyond that, somebody else has taken (or the provider charges more than we think, which calls for the same caution).
 * The estimate errs on the high side: as every response sets the level right again, too high an estimate keeps a little
 * level unused for a while, but no rate. Without news it decays: else a high estimate with nothing in flight, so that no
 * response can correct it, would hold everything back for good.
 */

/** Time over which a drain is measured: long enough to tell it from noise, short enough to see it begin. Milliseconds. */
const SHORT = 2_000
/** The same for one that comes in bursts: the higher of both counts. */
const LONG = 8_000
/** Least time between two readings that are kept. */
const STEP = 250
/** Readings that are older are of no use. */
const MEMORY = 2 * LONG
/** Time constant of forgetting without news. */
const DECAY = 10_000
/** The estimate rises at once and falls with this time constant: a single reading must not set much free. */
const RELEASE = 120_000
/** How long an answer may take before nothing counts as under way any more. */
const PATIENCE = 3_000
/** With others taking this share of the refill, nothing heard for `SILENCE` milliseconds is long. */
const MUCH = 0.3
const SILENCE = 6_000
/** Less than this share of the refill is noise: requests overtake each other on the way. */
const NOISE = 0.05

/**
 * The provider's level when a request came, less the refill, plus our charges up to it: constant as long as nobody else
 * takes anything. Requests sent at about the same time may have come in another order: it lies in between.
 */
interface Reading {
  /** When the request was sent. */
  readonly at: number
  readonly low: number
  readonly high: number
}

export class Neighbours {
  private readings: Array<Reading> = []
  /** Per millisecond, as of `at`. */
  private drain = 0
  /** From here on it decays. */
  private at: number
  private heardAt = Number.NEGATIVE_INFINITY
  private sentAt = Number.NEGATIVE_INFINITY

  constructor(now: number) {
    this.at = now
  }

  /** Something was sent: its answer will be news. */
  sent(now: number): void {
    this.sentAt = now
    this.at = Math.max(this.at, now + PATIENCE)
  }

  /** Whether they took much of the refill when we last heard, a while ago. */
  unheard(refill: number, now: number): boolean {
    return this.drain > MUCH * refill && now - this.heardAt > SILENCE
  }

  /** What others are taking, per millisecond. */
  rate(now: number): number {
    return this.drain === 0 ? 0 : this.drain * Math.exp(-Math.max(0, now - this.at) / DECAY)
  }

  /** What they take from `from` until `to`, if the estimate holds. */
  taken(from: number, to: number): number {
    if (this.drain === 0 || to <= from) return 0
    const before = Math.max(0, Math.min(to, this.at) - from)
    return this.drain * before + DECAY * (this.rate(Math.max(from, this.at)) - this.rate(to))
  }

  /**
   * A response has told the level. Must come in the order of sending.
   *
   * @param refill per millisecond
   * @param full the bucket ran over before: whatever was missing then was nobody's
   */
  read(reading: Reading, refill: number, full: boolean, now: number): void {
    const { at } = reading
    if (full) this.readings = []
    const last = this.readings.at(-1)
    if (last !== undefined && at < last.at + STEP) return
    this.readings.push(reading)
    this.heardAt = now
    const drain = Math.max(this.slope(reading, SHORT), this.slope(reading, LONG))
    if (drain === Number.NEGATIVE_INFINITY) return
    const least = this.drain * Math.exp(-Math.max(0, at - (last?.at ?? at)) / RELEASE)
    const next = Math.max(least, Math.min(drain, refill))
    this.drain = next < NOISE * refill ? 0 : next
    this.at = at < this.sentAt ? Math.max(now, this.sentAt + PATIENCE) : now
    if (this.readings.length > 8 && (this.readings[1]?.at ?? at) < at - MEMORY)
      this.readings = this.readings.filter((other) => other.at >= at - MEMORY)
  }

  /** The limit has changed: older readings reckon with another refill, and nobody takes more than the new one. */
  forget(refill: number): void {
    this.readings = []
    this.drain = Math.min(this.drain, refill)
  }

  /**
   * How long until a level that is `short` has refilled, with others taking their share: solves
   * `refill · t − ∫ rate = short` from above, where the function is convex and Newton's steps cannot overshoot.
   */
  timeTo(short: number, refill: number, now: number): number {
    const rate = Math.min(this.rate(now), refill)
    if (rate === 0) return short / refill
    const held = Math.max(0, this.at - now)
    const meanwhile = held * (refill - rate)
    if (short <= meanwhile) return short / (refill - rate)
    const rest = short - meanwhile
    let time = (rest + rate * DECAY) / refill
    for (let step = 0; step < 8; step++) {
      const left = Math.exp(-time / DECAY)
      const excess = refill * time - rate * DECAY * (1 - left) - rest
      const slope = refill - rate * left
      if (!(excess > rest * 1e-6 + 1e-9) || slope <= 0) break
      time -= excess / slope
    }
    return held + time
  }

  /** Loss per millisecond, at least, since the last reading that is older by `span`. */
  private slope({ at, high }: Reading, span: number): number {
    for (let i = this.readings.length - 1; i >= 0; i--) {
      const before = this.readings[i]
      if (before !== undefined && before.at <= at - span)
        return (before.low - high) / (at - before.at)
    }
    return Number.NEGATIVE_INFINITY
  }
}
