/**
 * How many retries may go before fresh work: 20% of what was sent in the last ten seconds, and one a second beside it. The rest
 * queue behind fresh work, so that retries never multiply the load of an upstream that fails.
 * The rule is that of Finagle: https://finagle.github.io/blog/2016/02/08/retry-budgets/
 */

const SLOT = 500
const SLOTS = 20
const SHARE = 0.2
/** Per slot: one a second. */
const RESERVE = SLOT / 1_000

export class RetryBudget {
  /** Retries that went before fresh work, since the beginning. */
  spent = 0
  private readonly sends = new Float64Array(SLOTS)
  private readonly retries = new Float64Array(SLOTS)
  private newest = Number.NEGATIVE_INFINITY
  private sendSum = 0
  private retrySum = 0

  /** Whether a retry may go before fresh work that waits. */
  allows(now: number): boolean {
    this.advance(now)
    return this.retrySum + 1 <= SHARE * this.sendSum + RESERVE * SLOTS
  }

  /** Something was let through. `ahead`: a retry, while fresh work waited. */
  count(ahead: boolean, now: number): void {
    this.advance(now)
    const slot = this.newest % SLOTS
    this.sends[slot] = (this.sends[slot] ?? 0) + 1
    this.sendSum++
    if (!ahead) return
    this.spent++
    this.retries[slot] = (this.retries[slot] ?? 0) + 1
    this.retrySum++
  }

  private advance(now: number): void {
    const slot = Math.max(0, Math.floor(now / SLOT))
    if (slot <= this.newest) return
    if (slot - this.newest >= SLOTS) {
      this.sends.fill(0)
      this.retries.fill(0)
      this.sendSum = 0
      this.retrySum = 0
    } else {
      for (let passed = this.newest + 1; passed <= slot; passed++) {
        const index = passed % SLOTS
        this.sendSum -= this.sends[index] ?? 0
        this.retrySum -= this.retries[index] ?? 0
        this.sends[index] = 0
        this.retries[index] = 0
      }
    }
    this.newest = slot
  }
}
