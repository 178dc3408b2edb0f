import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as LastNumber from "spillway/benchmark/LastNumber"
import * as Scorer from "spillway/benchmark/Scorer"
import { answer } from "./responses.ts"

const judge = (scorer: Scorer.Scorer, text: string, target: string) => {
  const response = answer(text)
  const turns = [{ text, response }]
  return Scorer.judge(scorer, {
    ...{ item: undefined, target, text, answer: text, response, messages: [], turns }
  })
}

const score = (
  value: number,
  words: { readonly extracted?: string; readonly explanation?: string } = {}
): Scorer.ScoreOutcome => ({ _tag: "Score", value, ...words })

describe("the last number", () => {
  const cases: ReadonlyArray<readonly [text: string, number: string | undefined]> = [
    ["The answer is 18.", "18"],
    ["16 - 3 - 4 = 9, 9 * 2 = 18 dollars", "18"],
    ["She earns $1,234.50 a week.", "1234.5"],
    ["It grew by 150%.", "150"],
    ["#### 70000", "70000"],
    ["#### 1,000\n(that is 3 steps)", "1000"],
    ["#### $42.00", "42"],
    ["First #### 5, no: #### 7 of 9", "7"],
    ["####\nafter 3 steps", "3"],
    ["12 apples ####", "12"],
    ["**18**", "18"],
    ["\\boxed{18}", "18"],
    ["The temperature is -5", "-5"],
    ["a loss of -$5", "-5"],
    ["a loss of $-5.50", "-5.5"],
    ["a loss of \u22125", "-5"],
    ["16-3", "3"],
    ["16 - 3", "3"],
    ["pages 12-15", "15"],
    ["about .5 litres", "0.5"],
    ["007", "7"],
    ["0.50", "0.5"],
    ["-0", "0"],
    ["12345678901234567890", "12345678901234567890"],
    ["1,2,3", "3"],
    ["1,234,567", "1234567"],
    ["no number at all", undefined],
    ["", undefined]
  ]
  for (const [text, number] of cases) {
    it(`of ${JSON.stringify(text)} is ${number}`, () => {
      assert.strictEqual(LastNumber.find(text), number)
    })
  }

  it("is found in megabytes of hostile digits without backing up", () => {
    for (const hostile of [
      "111,".repeat(500_000),
      "1".repeat(2_000_000),
      "1,1111".repeat(300_000)
    ]) {
      assert.isDefined(LastNumber.find(`${hostile}1111`))
    }
  })
})

describe("scorers", () => {
  it.effect("lastNumber compares values, not spellings", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* judge(Scorer.lastNumber, "so $1,200.00.", "1200"),
        score(1, { extracted: "1200" })
      )
      assert.deepStrictEqual(
        yield* judge(Scorer.lastNumber, "1201", "1200"),
        score(0, { extracted: "1201" })
      )
      assert.deepStrictEqual(
        yield* judge(Scorer.lastNumber, "I cannot say", "1200"),
        score(0, { explanation: "the answer holds no number" })
      )
    })
  )

  it.effect("lastNumber cannot judge a target without a number", () =>
    Effect.gen(function* () {
      const outcome = yield* judge(Scorer.lastNumber, "5", "five")
      assert.deepStrictEqual(outcome, {
        _tag: "ScoreFailed",
        reason: "the target holds no number"
      })
    })
  )

  it.effect("exactMatch ignores white space around, and nothing else", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* judge(Scorer.exactMatch, " (B)\n", "(B)"), score(1))
      assert.deepStrictEqual(yield* judge(Scorer.exactMatch, "(b)", "(B)"), score(0))
    })
  )

  it.effect("custom ones return numbers, booleans or effects of them", () =>
    Effect.gen(function* () {
      const length = Scorer.custom("length", 1, ({ text }) => text.length / 10)
      assert.deepStrictEqual(yield* judge(length, "abc", ""), score(0.3))
      const later = Scorer.custom("later", 1, () => Effect.succeed(true))
      assert.deepStrictEqual(yield* judge(later, "abc", ""), score(1))
    })
  )

  it.effect("that throw, die, fail or leave 0 to 1 fail that item with the reason", () =>
    Effect.gen(function* () {
      const broken: ReadonlyArray<readonly [Scorer.Scorer["score"], string]> = [
        [
          () => {
            throw new TypeError("no such field")
          },
          "TypeError: no such field"
        ],
        [() => Effect.die(new Error("boom")), "Error: boom"],
        [() => Effect.fail("not today"), "not today"],
        [() => Effect.fail({ why: "not today" }), `{"why":"not today"}`],
        [() => Effect.fail(undefined), "null"],
        [() => 1.5, "a score lies from 0 to 1, not 1.5"],
        [() => Number.NaN, "a score lies from 0 to 1, not NaN"],
        [() => ({ value: -1, explanation: "below" }), "a score lies from 0 to 1, not -1"]
      ]
      for (const [fn, reason] of broken) {
        const outcome = yield* judge(Scorer.custom("broken", 1, fn), "x", "y")
        assert.deepStrictEqual(outcome, { _tag: "ScoreFailed", reason })
      }
    })
  )

  it.effect("say why and of what, in a bounded length", () =>
    Effect.gen(function* () {
      const wordy = Scorer.custom("wordy", 1, ({ text }) => ({
        value: false,
        explanation: "because",
        extracted: text.repeat(1_000_000)
      }))
      const outcome = yield* judge(wordy, "0123456789", "")
      assert.deepInclude(outcome, { _tag: "Score", value: 0, explanation: "because" })
      assert.strictEqual(outcome._tag === "Score" ? outcome.extracted?.length : 0, Scorer.MAX_TEXT)
    })
  )

  it.effect("that never end are given up after their time, and fail that item alone", () =>
    Effect.gen(function* () {
      const timed = (timeout?: Scorer.Scorer["timeout"]) =>
        judge({ name: "hangs", version: 1, score: () => Effect.never, timeout }, "x", "y")
      const [own, usual] = [
        yield* Effect.forkChild(timed("5 seconds")),
        yield* Effect.forkChild(timed())
      ]
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* Fiber.join(own), {
        _tag: "ScoreFailed",
        reason: "no score after 5s"
      })
      yield* TestClock.adjust("54 seconds")
      assert.isUndefined(usual.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* Fiber.join(usual), { _tag: "ScoreFailed" })
    })
  )

  it.effect("that give a promise are told to give an Effect", () =>
    Effect.gen(function* () {
      const promising: object = { name: "later", version: 1, score: () => Promise.reject("no") }
      const outcome = yield* judge(promising as Scorer.Scorer, "x", "y")
      assert.include(outcome._tag === "ScoreFailed" ? outcome.reason : "", "not a promise")
    })
  )

  it("are identified by name and version", () => {
    assert.strictEqual(Scorer.idOf(Scorer.lastNumber), "lastNumber@1")
  })
})
