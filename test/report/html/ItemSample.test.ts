/** Which items a page shows: every kind of end, evenly, and the same ones whatever order they come in. */
import { assert, describe, it } from "@effect/vitest"
import type { ItemRecord, TrialRecord } from "spillway/checkpoint/ItemRecord"
import * as ItemSample from "spillway/report/html/ItemSample"
import { ended, item, scored } from "../storedRuns.ts"

const draw = (records: ReadonlyArray<ItemRecord>, limit: number) => {
  const sample = ItemSample.make<string>(limit)
  for (const record of records) sample.add(record, ({ itemId }) => itemId)
  return sample.chosen()
}

/** 30 failed, 60 wrong, and right ones otherwise. */
const records = Array.from({ length: 3000 }, (_, n) =>
  item(n, [n % 100 === 7 ? ended(n, "failed") : scored(n, n % 50 === 3 ? 0 : 1)])
)

describe("the kind of an item", () => {
  const kinds: ReadonlyArray<readonly [ItemSample.Kind, ReadonlyArray<TrialRecord>]> = [
    ["failed", [scored(1, 1), ended(2, "truncated"), ended(3, "failed")]],
    ["noAnswer", [scored(1, 0), ended(2, "off-schema")]],
    ["wrong", [scored(1, 1), scored(2, 0.5)]],
    ["wrong", [scored(1, 1, { scores: [{ scorer: "judge@1", failed: "no verdict" }] })]],
    ["right", [scored(1, 1), ended(2, "missing")]],
    ["missing", [ended(1, "missing")]]
  ]
  for (const [kind, trials] of kinds) {
    it(`is "${kind}" for ${trials.map(ItemSample.endingOf).join(", ")}`, () => {
      assert.strictEqual(ItemSample.kindOf({ trials }), kind)
    })
  }
})

describe("the places of a page", () => {
  it("are shared equally, and what one kind does not need goes to the others", () => {
    const found = { failed: 10, noAnswer: 0, wrong: 500, right: 90_000, missing: 40 }
    assert.deepStrictEqual(ItemSample.places(found, 1000), {
      failed: 10,
      noAnswer: 0,
      wrong: 495,
      right: 495,
      missing: 0
    })
    assert.deepStrictEqual(ItemSample.places({ ...found, right: 100 }, 1000), {
      ...found,
      right: 100
    })
  })

  it("are all given, and no more", () => {
    const found = { failed: 7, noAnswer: 7, wrong: 7, right: 7, missing: 7 }
    for (let limit = 0; limit <= 36; limit++) {
      const given = Object.values(ItemSample.places(found, limit))
      const sum = given.reduce((total, count) => total + count, 0)
      assert.strictEqual(sum, Math.min(35, limit))
      assert.isTrue(given.every((count) => count <= 7))
    }
  })
})

describe("a sample", () => {
  it("is all of them where there are no more", () => {
    const few = records.slice(0, 50)
    const { found, items, shown, total } = draw(few, 50)
    assert.deepStrictEqual([...items].sort(), few.map(({ itemId }) => itemId).sort())
    assert.deepStrictEqual(found, shown)
    assert.strictEqual(total, 50)
  })

  it("has every rare failure among thousands of right answers", () => {
    const { found, items, shown } = draw(records, 100)
    assert.deepStrictEqual(found, { failed: 30, noAnswer: 0, wrong: 60, right: 2910, missing: 0 })
    assert.deepStrictEqual(shown, { failed: 30, noAnswer: 0, wrong: 35, right: 35, missing: 0 })
    assert.lengthOf(new Set(items), 100)
  })

  it("is the same in any order of the items, and mostly the same when others are added", () => {
    const { items } = draw(records, 100)
    assert.deepStrictEqual(draw([...records].reverse(), 100).items, items)
    const more = Array.from({ length: 300 }, (_, n) => item(3000 + n, [scored(n, 1)]))
    const kept = draw([...records, ...more], 100).items.filter((id) => items.includes(id))
    assert.isAbove(kept.length, 90)
  })

  it("is drawn from all of the dataset", () => {
    const right = records.filter((record) => ItemSample.kindOf(record) === "right")
    const { items } = draw(right, 400)
    const places = items.map((id) => Number(id.slice(5)))
    // 400 places in ten equal parts: 40 in each, with a standard deviation of 6.
    for (let part = 0; part < 10; part++) {
      const inside = places.filter((place) => Math.floor(place / 300) === part).length
      assert.isTrue(inside >= 16 && inside <= 64, `${inside} in part ${part}`)
    }
  })
})
