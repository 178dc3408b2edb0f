/**
 * When a pool's quota asks Redis: one call at a time and one timer. What cannot wait while a call is under way is said by
 * the next one, right after it. What is said and made of the answer: `LeasedQuota.ts`.
 */
export interface CallTimer {
  readonly now: () => number
  readonly after: (ms: number, run: () => void) => () => void
  /** Makes a call, which ends with `ended`. */
  readonly call: () => void
  /** The time for a planned call has come. */
  readonly due: () => void
}

export class CallTimes {
  /** A call is under way. */
  busy = false
  closed = false
  private pressing = false
  private timer: { readonly at: number; readonly cancel: () => void } | undefined
  private readonly around: CallTimer

  constructor(around: CallTimer) {
    this.around = around
  }

  /** Something came up that cannot wait. */
  atOnce(): void {
    if (this.busy) {
      this.pressing = true
      return
    }
    if (this.closed) return
    this.stopTimer()
    this.busy = true
    this.around.call()
  }

  /** In so many milliseconds at the latest. After a call under way it has to be asked for again. */
  within(ms: number): void {
    if (this.busy || this.closed) return
    const at = this.around.now() + ms
    if (this.timer !== undefined) {
      if (this.timer.at <= at) return
      this.timer.cancel()
    }
    const due = () => {
      this.timer = undefined
      this.around.due()
    }
    this.timer = { at, cancel: this.around.after(ms, due) }
  }

  /** @returns whether something came up meanwhile that has to be said at once */
  ended(): boolean {
    const { pressing } = this
    this.busy = false
    this.pressing = false
    return pressing
  }

  close(): void {
    this.closed = true
    this.stopTimer()
  }

  private stopTimer(): void {
    this.timer?.cancel()
    this.timer = undefined
  }
}
