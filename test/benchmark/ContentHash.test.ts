/** Ids of rows by their content: the short way writes what the thorough way writes, and the table of them is exact. */
import { assert, it } from "@effect/vitest"
import canonicalize from "canonicalize"
import * as fc from "fast-check"
import * as ContentHash from "spillway/benchmark/ContentHash"
import * as SeenIds from "spillway/benchmark/SeenIds"
import * as NodeSha256 from "spillway/layers/checkpoint/NodeSha256"

/** What is digested for a value. */
const written = (value: unknown): string => {
  let text = ""
  ContentHash.hash((given) => {
    text = given
    return ""
  }, value)
  return text
}

it("digests canonical JSON, whatever the row holds", () => {
  void fc.assert(
    fc.property(fc.jsonValue({ depthSize: "medium", stringUnit: "binary" }), (row) => {
      assert.strictEqual(written(row), canonicalize(row))
    }),
    { seed: 42, numRuns: 500 }
  )
})

it("digests what is not plain JSON as it goes to the wire", () => {
  const deep = Array.from({ length: 40 }).reduce<unknown>((inner) => ({ b: 1, a: [inner] }), "x")
  for (const [row, text] of [
    [{ 10: "a", 2: "b", "": 0 }, '{"":0,"10":"a","2":"b"}'],
    [{ b: undefined, a: 1 }, '{"a":1}'],
    [{ at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    [{ n: 10n, m: Number.NaN }, '{"m":null,"n":"10"}'],
    [{ s: "\ud800" }, '{"s":"\ufffd"}'],
    [{ zero: -0, big: 1e21, small: 1e-7 }, '{"big":1e+21,"small":1e-7,"zero":0}'],
    [JSON.parse('{"__proto__":{"a":1},"é":"\\u2028"}'), '{"__proto__":{"a":1},"é":"\u2028"}'],
    [deep, canonicalize(deep)]
  ]) {
    assert.strictEqual(written(row), text)
  }
})

it("keeps the ids that earlier versions gave", () => {
  assert.deepStrictEqual(
    [{ question: "1 + 1?", answer: "2" }, { answer: "2", question: "1 + 1?" }, ["a", null]].map(
      (row) => ContentHash.hash(NodeSha256.digest, row)
    ),
    ["5ec1c44da03a4b14", "5ec1c44da03a4b14", "aebb0474c57695b8"]
  )
})

it("a table of ids answers as a map does, through all its sizes", () => {
  const ids = SeenIds.make()
  const map = new Map<string, number>()
  for (let n = 0; n < 20_000; n++) {
    // Many share their upper or their lower half; some come again.
    const hash = `${(n % 97).toString(16).padStart(8, "0")}${((n * 7) % 9_001).toString(16).padStart(8, "f")}`
    const earlier = map.get(hash) ?? 0
    map.set(hash, n + 1)
    assert.strictEqual(
      ids.set(hash, () => n + 1),
      earlier
    )
  }
  assert.strictEqual(
    ids.set("0".repeat(16), (count) => count + 5),
    map.get("0".repeat(16)) ?? 0
  )
})
