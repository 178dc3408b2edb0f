/**
 * The largest of the values that were pushed after a given one: a monotonic queue. Entries that a later, larger value
 * hides are dropped at once, so it stays short. `Bucket.ts` uses it to know whether a bucket ran full in between.
 */

/** Beyond this, neighbours are merged to the larger value: what is answered may then be too large, never too small. */
const MOST = 512

export class Peaks {
  private readonly orders: Array<number> = []
  private readonly values: Array<number> = []
  /** Entries before this index are not asked for any more. */
  private start = 0

  /** `order` must grow from call to call. */
  push(order: number, value: number): void {
    while (this.orders.length > this.start && (this.values.at(-1) ?? value) <= value) {
      this.orders.pop()
      this.values.pop()
    }
    this.orders.push(order)
    this.values.push(value)
    if (this.orders.length - this.start > MOST) this.merge()
  }

  /** The largest value pushed with an order above `order`, or -Infinity. Forgets all up to it. */
  maxAfter(order: number): number {
    while (this.start < this.orders.length && (this.orders[this.start] ?? 0) <= order) this.start++
    if (this.start > 64 && this.start * 2 > this.orders.length) {
      this.orders.splice(0, this.start)
      this.values.splice(0, this.start)
      this.start = 0
    }
    return this.values[this.start] ?? Number.NEGATIVE_INFINITY
  }

  clear(): void {
    this.orders.length = 0
    this.values.length = 0
    this.start = 0
  }

  private merge(): void {
    let kept = 0
    for (let i = this.start; i < this.orders.length; i += 2) {
      this.orders[kept] = this.orders[i + 1] ?? this.orders[i] ?? 0
      this.values[kept] = this.values[i] ?? 0
      kept++
    }
    this.orders.length = kept
    this.values.length = kept
    this.start = 0
  }
}
