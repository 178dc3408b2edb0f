/**
 * Who waits for a circuit, smallest first: one lane for each power of two of the sizes, first come first served within it.
 * Adding, removing and taking the first cost the same for ten waiters and a million.
 */

/** Sizes from 2³¹ on share a lane. */
const LANES = 32

export class Lanes<A extends { readonly size: number }> {
  private readonly lanes: Array<Set<A>> = Array.from({ length: LANES }, () => new Set())
  private count = 0

  get size(): number {
    return this.count
  }

  add(element: A): void {
    this.laneOf(element).add(element)
    this.count++
  }

  /** Nothing happens where it is not there. */
  delete(element: A): void {
    if (this.laneOf(element).delete(element)) this.count--
  }

  has(element: A): boolean {
    return this.laneOf(element).has(element)
  }

  /** May be changed meanwhile. */
  *[Symbol.iterator](): Iterator<A> {
    for (const lane of this.lanes) yield* lane
  }

  private laneOf({ size }: A): Set<A> {
    const lane = size >= 1 ? Math.min(LANES - 1, Math.floor(Math.log2(size))) : 0
    return this.lanes[lane] as Set<A>
  }
}
