/**
 * Those who are to be woken, once the state of things is complete. Waking a fiber runs it at once, inside the stack of
 * whoever wakes it, and what it does may let others go: they are woken by the same loop, not deeper in its stack. Used by
 * the queues of limiter and breaker.
 */
export class WakeList {
  private readonly wakes: Array<() => void> = []
  private waking = false

  push(wake: () => void): void {
    this.wakes.push(wake)
  }

  /** Wakes all, and who is added meanwhile. */
  run(): void {
    if (this.waking || this.wakes.length === 0) return
    this.waking = true
    try {
      for (const wake of this.wakes) wake()
    } finally {
      this.wakes.length = 0
      this.waking = false
    }
  }
}
