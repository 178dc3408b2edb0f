import { assert, describe, it } from "@effect/vitest"
import { FairQueue } from "spillway/rate-limit/FairQueue"

const drain = (queue: FairQueue<string>, count = Number.POSITIVE_INFINITY): Array<string> => {
  const out: Array<string> = []
  for (let node = queue.peek(); node !== undefined && out.length < count; node = queue.peek()) {
    out.push(node.value)
    queue.serve(node)
  }
  return out
}

describe("FairQueue", () => {
  it("is first in, first out within a run, whatever the sizes", () => {
    const queue = new FairQueue<string>()
    const run = {}
    queue.push(run, 1, 1000, "big")
    queue.push(run, 1, 1, "small")
    queue.push(run, 1, 5, "medium")
    assert.deepStrictEqual(drain(queue), ["big", "small", "medium"])
    assert.strictEqual(queue.size, 0)
  })

  it("names the cheapest of the first few of the run whose turn it is, without serving it", () => {
    const queue = new FairQueue<string>()
    const [a, b] = [{}, {}]
    for (const [cost, name] of [
      [9, "a1"],
      [4, "a2"],
      [4, "a3"],
      [1, "a4"]
    ] as const)
      queue.push(a, 1, cost, name)
    queue.push(b, 1, 1, "b1")
    assert.strictEqual(queue.cheapest(1)?.value, "a1")
    assert.strictEqual(queue.cheapest(3)?.value, "a2")
    assert.strictEqual(queue.cheapest(99)?.value, "a4")
    assert.strictEqual(queue.peek()?.value, "a1")
    const scout = queue.cheapest(3)
    if (scout !== undefined) queue.serve(scout)
    assert.deepStrictEqual(drain(queue), ["b1", "a1", "a3", "a4"])
  })

  it("shares by weight: three to one", () => {
    const queue = new FairQueue<string>()
    const [a, b] = [{}, {}]
    for (let i = 0; i < 100; i++) {
      queue.push(a, 3, 1, "a")
      queue.push(b, 1, 1, "b")
    }
    const first = drain(queue, 80)
    assert.strictEqual(first.filter((value) => value === "a").length, 60)
  })

  it("counts cost, not requests", () => {
    const queue = new FairQueue<string>()
    const [a, b] = [{}, {}]
    for (let i = 0; i < 100; i++) {
      queue.push(a, 1, 10, "a")
      queue.push(b, 1, 1, "b")
    }
    const first = drain(queue, 55)
    assert.strictEqual(first.filter((value) => value === "a").length, 5)
  })

  it("a run that always has one waiter gets no more than its share", () => {
    const queue = new FairQueue<string>()
    const [crowd, single] = [{}, {}]
    for (let i = 0; i < 100; i++) queue.push(crowd, 1, 1, "crowd")
    queue.push(single, 1, 1, "single")
    const out: Array<string> = []
    for (let node = queue.peek(); node !== undefined && out.length < 60; node = queue.peek()) {
      out.push(node.value)
      queue.serve(node)
      if (node.value === "single") queue.push(single, 1, 1, "single")
    }
    assert.strictEqual(out.filter((value) => value === "single").length, 30)
  })

  it("forgets who is taken out in the middle, at the head and twice", () => {
    const queue = new FairQueue<string>()
    const [a, b] = [{}, {}]
    const nodes = ["1", "2", "3", "4"].map((value) => queue.push(a, 1, 1, value))
    const other = queue.push(b, 1, 1, "other")
    for (const node of [nodes[1], nodes[0], nodes[1], other])
      if (node !== undefined) queue.remove(node)
    assert.strictEqual(queue.size, 2)
    assert.deepStrictEqual(drain(queue), ["3", "4"])
  })

  it("holds no line for runs that are gone", () => {
    const queue = new FairQueue<string>()
    for (let i = 0; i < 10_000; i++) {
      const node = queue.push({}, 1, 1, "x")
      queue.serve(node)
    }
    const lines: unknown = Reflect.get(queue, "lines")
    assert.isTrue(lines instanceof Map && lines.size < 200)
  })

  it("serves 50,000 one-request runs in the order of coming", () => {
    const queue = new FairQueue<string>()
    const values = [...Array(50_000).keys()].map(String)
    for (const value of values) queue.push({}, 1, 1, value)
    assert.deepStrictEqual(drain(queue), values)
  })
})
