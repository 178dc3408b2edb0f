/** Counting equal keys by their fingerprints, and the fingerprints as text. */
import { assert, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Fingerprints from "spillway/run/Fingerprints"
import * as Occurrences from "spillway/run/Occurrences"

const key = (n: number) => `k1:${n.toString(16).padStart(64, "0")}`

it("counts each key by itself, also those that come more often than a byte holds", () => {
  const count = Occurrences.make()
  for (let round = 0; round < 600; round++) {
    for (const n of [0, 1, 2 ** 52 - 1]) assert.strictEqual(count(key(n)), round)
  }
})

it("answers as a map does, through all its sizes", () => {
  const table = Occurrences.table()
  const map = new Map<number, number>()
  for (let n = 0; n < 30_000; n++) {
    const print = Occurrences.printOf(key((n * 4_294_967_291) % 7_919_000_000))
    const expected = map.get(print) ?? 0
    assert.isFalse(table.addIf(print, expected + 1))
    if (n % 3 === 0) {
      assert.isTrue(table.addIf(print, expected))
      table.remove(print)
    }
    assert.strictEqual(table.add(print), expected)
    map.set(print, expected + 1)
  }
  assert.isAbove(map.size, 20_000)
})

it("takes back what was added, beyond a byte too", () => {
  const table = Occurrences.table()
  for (let n = 0; n < 300; n++) table.add(7)
  for (let n = 0; n < 100; n++) table.remove(7)
  assert.isTrue(table.addIf(7, 200))
})

it("writes fingerprints as text and reads them again", () => {
  const print = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 52 }))
  void fc.assert(
    fc.property(fc.array(print), (prints) => {
      const text = Fingerprints.encode(prints)
      assert.isTrue(Fingerprints.holds(text, prints.length))
      assert.deepStrictEqual(Fingerprints.decode(text), prints)
    }),
    { seed: 42 }
  )
  assert.deepStrictEqual(Fingerprints.decode(Fingerprints.encode([1, 2 ** 52])), [1, 2 ** 52])
})

it("does not take damaged text for fingerprints", () => {
  for (const text of ["000000000000g", "00000000 0000", "A00000000000é", "00000-0000000"]) {
    assert.isNaN(Fingerprints.at(text, 0))
  }
})
