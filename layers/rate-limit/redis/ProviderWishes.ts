/** What the provider asked of one process and all of them are to heed: that they wait, and that they slow down. */
import { bounded } from "./Lease.ts"

export class ProviderWishes {
  pausedUntil = Number.NEGATIVE_INFINITY
  /** Redis knows of this one. */
  private known = Number.NEGATIVE_INFINITY
  private slowDowns = 0
  /** In the last call, for when it is confirmed: more may come up while it is under way. */
  private said = { pausedUntil: Number.NEGATIVE_INFINITY, slowDowns: 0 }

  /** @returns whether it is longer than the present one */
  pause(until: number): boolean {
    if (!(until > this.pausedUntil)) return false
    this.pausedUntil = until
    return true
  }

  slowDown(): void {
    this.slowDowns++
  }

  say(now: number): { readonly pause: number; readonly slow: boolean } {
    const { known, pausedUntil, slowDowns } = this
    this.said = { pausedUntil, slowDowns }
    return { pause: pausedUntil > known ? bounded(pausedUntil - now) : 0, slow: slowDowns > 0 }
  }

  /** @param pause how long all are to wait, as Redis has it. Milliseconds. */
  confirmed(pause: number, now: number): void {
    this.known = Math.max(this.known, this.said.pausedUntil)
    this.slowDowns -= this.said.slowDowns
    // The same pause again, less exactly: nothing to tell anybody.
    if (pause > 0 && this.pause(now + pause)) this.known = Math.max(this.known, now + pause)
  }
}
