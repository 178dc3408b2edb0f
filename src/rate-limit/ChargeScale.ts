/**
 * How much more the provider charges than we reckon. Its estimate of a request's tokens is not published; where ours is
 * too low, every mirror of its bucket runs ahead of it. A refusal says what it was about to charge (`Requested 6465`), so
 * a few of them set the scale right. Too high a scale holds back what is under way, so that one odd request, with pictures
 * perhaps, moves it by no more than half.
 */

/** More than this is a mistake of one of both sides. */
const MOST = 16
/** By how much one refusal raises it at most. */
const STEP = 1.5
/** How far a lower ratio than the present scale moves it. */
const EASE = 0.1
/** What exceeds 1 halves in this time, so that one odd request is not held against all for ever. Milliseconds. */
const HALF_LIFE = 600_000
/** Ratios nearer to 1 are rounding. */
const NOISE = 0.01

export class ChargeScale {
  private excess = 0
  private at = 0

  /** What the provider is expected to charge, at least `tokens`. */
  of(tokens: number, now: number): number {
    return this.excess === 0 ? tokens : Math.ceil(tokens * this.scaleAt(now))
  }

  /** A refusal has told what a request would have been charged that we reckoned at `tokens`, 1 or more. */
  learn(requested: number, tokens: number, now: number): void {
    if (!(requested > 0 && tokens > 0)) return
    const ratio = Math.min(MOST, Math.max(1, requested / tokens))
    const scale = this.scaleAt(now)
    const next = ratio > scale ? Math.min(ratio, STEP * scale) : scale + EASE * (ratio - scale)
    this.excess = next < 1 + NOISE ? 0 : next - 1
    this.at = now
  }

  private scaleAt(now: number): number {
    return 1 + this.excess * 2 ** (-Math.max(0, now - this.at) / HALF_LIFE)
  }
}
