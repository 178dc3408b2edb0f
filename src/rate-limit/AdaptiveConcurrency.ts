/**
 * How many requests may be in flight towards a server that tells no limits: additive increase, multiplicative decrease.
 * It doubles from round to round until the first refusal, and from then on grows by one a round. `layers/rate-limit/Pool.ts`
 * uses it where responses carry no rate-limit headers.
 * Chiu and Jain, https://doi.org/10.1016/0169-7552(89)90019-6; slow start as in https://www.rfc-editor.org/rfc/rfc5681
 */

/** In flight at the start. */
const START = 16
/** What a refusal leaves of what was in flight. CUBIC's factor: https://www.rfc-editor.org/rfc/rfc9438#section-4.6 */
const CUT = 0.7
/** Least share of the limit in flight for a success to prove anything about it: the saturation gate. */
const SATURATED = 0.9
/** The refusals of one moment are one event. Milliseconds. */
const EPISODE = 1_000

export class AdaptiveConcurrency {
  private readonly most: number
  private size: number
  private slowStart = true
  /** By when something was refused: a refusal before this time is of the same event. */
  private nextCutAt = Number.NEGATIVE_INFINITY
  /** By when something was sent: an answer to it was earned under the limit before the cut. */
  private ignoreSentBefore = Number.NEGATIVE_INFINITY

  /** @param most in flight, whatever the server bears */
  constructor(most: number) {
    this.most = most
    this.size = Math.min(START, most)
  }

  /** Requests that may be in flight, 1 or more. */
  get limit(): number {
    return Math.floor(this.size)
  }

  /** @param inFlight when the answer came, the answered request included */
  succeeded(sentAt: number, inFlight: number): void {
    if (sentAt < this.ignoreSentBefore || inFlight < SATURATED * this.limit) return
    this.size = Math.min(this.most, this.size + (this.slowStart ? 1 : 1 / this.size))
  }

  /** @param inFlight when the refusal came, the refused request included */
  refused(sentAt: number, inFlight: number, now: number): void {
    if (sentAt < this.ignoreSentBefore || now < this.nextCutAt) return
    this.slowStart = false
    this.size = Math.max(1, Math.min(this.size, inFlight) * CUT)
    this.nextCutAt = now + EPISODE
    this.ignoreSentBefore = now
  }
}
