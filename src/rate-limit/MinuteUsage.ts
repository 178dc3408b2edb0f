/**
 * How much was let through during the last minute: 240 slots of 250 ms. A slot counts until it is wholly older than a
 * minute, so the sum is never too low and at most 250 ms too long.
 */
const SLOT = 250
const SLOTS = 241
const MINUTE = 60_000

export class MinuteUsage {
  private readonly slots = new Float64Array(SLOTS)
  private newest: number
  private sum = 0

  constructor(now: number) {
    this.newest = Math.floor(now / SLOT)
  }

  /** Let through in the last minute. */
  total(now: number): number {
    this.advance(now)
    return Math.max(0, this.sum)
  }

  add(now: number, amount: number): void {
    this.advance(now)
    this.change(this.newest, amount)
  }

  /** What was added at `at` did not go after all. */
  remove(at: number, amount: number): void {
    const slot = Math.min(Math.floor(at / SLOT), this.newest)
    if (slot > this.newest - SLOTS) this.change(slot, -amount)
  }

  /** The first time at which no more than `most` is left in the window, if nothing is added. */
  fallsTo(most: number, now: number): number {
    let left = this.total(now)
    for (let slot = this.newest - SLOTS + 1; slot <= this.newest && left > most; slot++) {
      left -= this.slots[slot % SLOTS] ?? 0
      if (left <= most) return Math.max(now, (slot + 1) * SLOT + MINUTE)
    }
    return left > most ? now + MINUTE + SLOT : now
  }

  private change(slot: number, amount: number): void {
    const index = slot % SLOTS
    this.slots[index] = (this.slots[index] ?? 0) + amount
    this.sum += amount
  }

  private advance(now: number): void {
    const slot = Math.floor(now / SLOT)
    if (slot <= this.newest) return
    if (slot - this.newest >= SLOTS) {
      this.slots.fill(0)
      this.sum = 0
    } else {
      for (let passed = this.newest + 1; passed <= slot; passed++) {
        this.sum -= this.slots[passed % SLOTS] ?? 0
        this.slots[passed % SLOTS] = 0
      }
    }
    this.newest = slot
  }
}
