/**
 * Waiters of several runs: first in, first out within a run; between runs by weight, by the cost of what each was
 * given (start-time fair queueing). `peek` is strict: a large one at the head is waited for, not overtaken. `cheapest` is
 * for who needs a quick answer more than order.
 * http://www.cs.cmu.edu/~hzhang/papers/SFQ.pdf
 */

export interface Node<A> {
  readonly value: A
  /** In any unit, the same for all. */
  readonly cost: number
  line: Line<A> | undefined
  previous: Node<A> | undefined
  next: Node<A> | undefined
}

interface Line<A> {
  readonly key: object
  readonly weight: number
  first: Node<A> | undefined
  last: Node<A> | undefined
  /** Virtual time at which the first one's turn begins. */
  start: number
  /** Breaks ties: who has waited longer. */
  order: number
  /** Place in the heap, -1 outside. */
  place: number
}

export class FairQueue<A> {
  size = 0
  private readonly lines = new Map<object, Line<A>>()
  /** Binary heap of the lines that have waiters, by `start`. */
  private readonly heap: Array<Line<A>> = []
  /** Virtual time: where the turn of the one served last began. */
  private time = 0
  /** The furthest that any line has got. */
  private furthest = 0
  private orders = 0
  /** More lines than this are looked through for those that are gone. */
  private sweepAbove = 64

  push(key: object, weight: number, cost: number, value: A): Node<A> {
    const line = this.lineOf(key, weight)
    const node: Node<A> = { value, cost, line, previous: line.last, next: undefined }
    if (line.last !== undefined) line.last.next = node
    line.last = node
    this.size++
    if (line.first === undefined) {
      line.first = node
      // Having been away earns nothing, and having just been served is not forgotten.
      line.start = Math.max(line.start, this.time)
      line.order = this.orders++
      line.place = this.heap.push(line) - 1
      this.up(line)
    }
    return node
  }

  peek(): Node<A> | undefined {
    return this.heap[0]?.first
  }

  /** Of the run whose turn it is the cheapest of the first `most`, the earlier one of equals. */
  cheapest(most: number): Node<A> | undefined {
    let best = this.peek()
    let node = best
    for (let n = 1; n < most && node !== undefined; n++) {
      node = node.next
      if (node !== undefined && best !== undefined && node.cost < best.cost) best = node
    }
    return best
  }

  /** All that wait, in no order between runs. */
  nodes(): ReadonlyArray<Node<A>> {
    const all: Array<Node<A>> = []
    for (const line of this.heap)
      for (let node = line.first; node !== undefined; node = node.next) all.push(node)
    return all
  }

  /** Takes one out that is served: its run pays for it. Nothing if it is out already. */
  serve(node: Node<A>): void {
    const { line } = node
    if (line === undefined) return
    this.time = Math.max(this.time, line.start)
    line.start += node.cost / line.weight
    this.furthest = Math.max(this.furthest, line.start)
    line.order = this.orders++
    this.unlink(node, line)
    if (line.place >= 0) this.down(line)
  }

  /** Takes one out that is not served. Nothing if it is out already. */
  remove(node: Node<A>): void {
    if (node.line !== undefined) this.unlink(node, node.line)
  }

  private lineOf(key: object, weight: number): Line<A> {
    const known = this.lines.get(key)
    if (known !== undefined) return known
    if (this.lines.size >= this.sweepAbove) this.sweep()
    const usable = Number.isFinite(weight) && weight > 0 ? weight : 1
    const line: Line<A> = {
      key,
      weight: usable,
      first: undefined,
      last: undefined,
      start: this.time,
      order: 0,
      place: -1
    }
    this.lines.set(key, line)
    return line
  }

  /** A run that has gone leaves its line behind until its next turn would have come anyway. */
  private sweep(): void {
    for (const [key, line] of this.lines)
      if (line.first === undefined && line.start <= this.time) this.lines.delete(key)
    this.sweepAbove = 64 + 2 * this.lines.size
  }

  private unlink(node: Node<A>, line: Line<A>): void {
    if (node.previous === undefined) line.first = node.next
    else node.previous.next = node.next
    if (node.next === undefined) line.last = node.previous
    else node.next.previous = node.previous
    node.line = undefined
    node.previous = undefined
    node.next = undefined
    this.size--
    if (line.first !== undefined) return
    const last = this.heap.pop()
    if (last !== undefined && last !== line) {
      this.heap[line.place] = last
      last.place = line.place
      this.down(last)
      this.up(last)
    }
    line.place = -1
    // Nobody waits: nobody is behind anybody.
    if (this.size === 0) this.time = this.furthest
  }

  private before(a: Line<A>, b: Line<A>): boolean {
    return a.start < b.start || (a.start === b.start && a.order < b.order)
  }

  private swap(a: Line<A>, b: Line<A>): void {
    const place = a.place
    this.heap[b.place] = a
    a.place = b.place
    this.heap[place] = b
    b.place = place
  }

  private up(line: Line<A>): void {
    let parent = this.heap[(line.place - 1) >> 1]
    while (line.place > 0 && parent !== undefined && this.before(line, parent)) {
      this.swap(line, parent)
      parent = this.heap[(line.place - 1) >> 1]
    }
  }

  private down(line: Line<A>): void {
    while (true) {
      const left = this.heap[2 * line.place + 1]
      const right = this.heap[2 * line.place + 2]
      const child =
        left !== undefined && right !== undefined && this.before(right, left) ? right : left
      if (child === undefined || !this.before(child, line)) return
      this.swap(child, line)
    }
  }
}
