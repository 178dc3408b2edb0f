import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { bbh, bbhExact, finalAnswer, find } from "spillway/scorer/FinalAnswer"
import { scoreOf } from "./judging.ts"

describe("what stands behind the answer's words", () => {
  const cases: ReadonlyArray<readonly [answer: string, found: string | undefined]> = [
    ["Two and two make four. So the answer is 4.", "4"],
    ["The answer is: **-50**.", "-50"],
    ["The answer is\n\n(B)", "(B)"],
    ["the ANSWER  IS “yes”!", "yes"],
    ["The answer is 3.5.", "3.5"],
    [
      "First I thought the answer is (A). No: the answer is (B) 12/25/1937.\nDone.",
      "(B) 12/25/1937"
    ],
    ["So the answer is ] ) >.", "] ) >"],
    ["So the answer is `$x$`.", "x"],
    ["(B)", "(B)"],
    [" True. ", "True"],
    ["I reason.\nThen I stop.", undefined],
    ["The answer is", undefined],
    ["The answers isolate", "The answers isolate"],
    ["", undefined],
    ["a".repeat(300), undefined]
  ]
  it.each(cases)("of %j", (answer, found) => {
    assert.strictEqual(find(answer), found)
  })

  const scored: ReadonlyArray<readonly [answer: string, target: string, score: number]> = [
    ["So the answer is (B).", "(B)", 1],
    ["So the answer is (B) 12/25/1937.", "(B)", 1],
    ["So the answer is B.", "(B)", 1],
    ["So the answer is Bob.", "(B)", 0],
    ["So the answer is (C).", "(B)", 0],
    ["So the answer is true.", "True", 1],
    ["So the answer is not valid.", "valid", 0],
    ["So the answer is 2  16 6 4.", "2 16 6 4", 1],
    ["So the answer is 50.", "-50", 0],
    ["yes", "yes", 1],
    ["Yes.\nOr no.", "yes", 0]
  ]
  it.effect.each(scored)("%j against %j", ([answer, target, score]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* scoreOf(finalAnswer, answer, target), score)
    })
  )

  it.effect("is found in megabytes of anything, in a moment", () =>
    Effect.gen(function* () {
      for (const piece of [" ", "answer is ", ".", "**", "answer   ", "\n", "the answer is x\n"]) {
        const score = yield* scoreOf(finalAnswer, `${piece.repeat(400_000)}x y`, "(B)")
        assert.strictEqual(score, 0)
        yield* scoreOf(bbhExact, `${piece.repeat(400_000)}x y`, "(B)")
      }
    })
  )
})

describe("BIG-Bench Hard's answer, as lm-evaluation-harness filters it", () => {
  // Each by Python: re.findall(r"(?<=the answer is )(.*)(?=.)", text), of which the first is taken and stripped.
  const cases: ReadonlyArray<readonly [answer: string, found: string | undefined]> = [
    ["So the answer is (B).", "(B)"],
    ["So the answer is (B)", "(B"],
    ["So the answer is True.\nQ: not the answer is False.", "True"],
    ["The answer is True.", undefined],
    ["the answer is .", ""],
    ["the answer is  4 .", "4"],
    ["the answer is 4.\r\nDone.", "4."],
    ["the answer is \nthe answer is 4.", "4"],
    ["the answer is the answer is 4.", "the answer is 4"],
    ["the answer is 4😀", "4"],
    ["the answer is ", undefined],
    ["no words of the kind", undefined]
  ]
  it.each(cases)("of %j", (answer, found) => {
    assert.strictEqual(bbh(answer), found)
  })

  it.effect("is compared to the letter", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* scoreOf(bbhExact, "So the answer is True.", "True"), 1)
      assert.strictEqual(yield* scoreOf(bbhExact, "So the answer is true.", "True"), 0)
      assert.strictEqual(yield* scoreOf(bbhExact, "True", "True"), 0)
    })
  )
})
