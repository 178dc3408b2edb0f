/**
 * What the limit of a bucket is believed to be: a guess until a response tells it, and then what responses tell, except
 * for what is too wild to be true. `Bucket.ts` reckons with it.
 */

/** A limit that changes by more than this factor at once is believed when a second response says the same. */
const BELIEVABLE = 100

export class LimitBelief {
  /** Per window. */
  value: number
  /** A response has told the limit. */
  learned = false
  /** Two responses in a row have told the same: on the word of one, nothing is given up. */
  confirmed = false
  /** The provider grants more than our own cap. */
  capped = false
  private readonly guess: number
  private readonly capAtGuess: boolean
  private doubted: number | undefined

  /** @param capAtGuess the guess is also the most, whatever a response grants */
  constructor(guess: number, capAtGuess: boolean) {
    this.value = guess
    this.guess = guess
    this.capAtGuess = capAtGuess
  }

  /** A response tells a limit. False: it is not believed, and neither is the rest of what it says. */
  hear(told: number): boolean {
    const limit = this.capAtGuess ? Math.min(told, this.guess) : told
    this.capped = limit < told
    const ratio = limit / this.value
    const wild = this.learned && (ratio > BELIEVABLE || ratio < 1 / BELIEVABLE)
    if (wild && this.doubted !== limit) {
      this.doubted = limit
      return false
    }
    this.doubted = undefined
    this.confirmed = this.learned && limit === this.value
    this.learned = true
    this.value = limit
    return true
  }
}
