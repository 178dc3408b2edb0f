/** What users of evaluation tools suffer: answers that are none, refusals and failures scored as wrong. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Dataset from "spillway/benchmark/Dataset"
import { answer, raw, refuse, status, truncate } from "spillway/testing"
import { execute, ITEMS, nth, questions, results } from "./questions.ts"
import * as Stack from "./Stack.ts"

// (openbench#50)
describe("pain 38: temperature 0 gets a 400 on reasoning models", () => {
  it.effect("pain 38: the whole sweep is checked before anything is spent", () =>
    Stack.virtually(
      Stack.scripted(() => answer("yes")),
      Effect.gen(function* () {
        const { exchanges } = yield* Stack.Door
        const error = yield* Effect.flip(
          execute(questions(), {
            models: [Stack.MODEL, "gpt-6-astra", "gpt-6.1-sol", "gpt-6-luna"],
            temperatures: [0, 1],
            reasoningEfforts: ["high"]
          })
        )
        assert.lengthOf(exchanges, 0)
        if (error._tag !== "ArmError") return assert.fail(error._tag)
        // Every arm with what is wrong with it: a model that does not reason has no effort, the others no temperature.
        assert.deepStrictEqual(
          error.problems.map(({ arm, field }) => `${arm}: ${field}`),
          [
            `${Stack.MODEL} t=0 effort=high: reasoning_effort`,
            `${Stack.MODEL} t=1 effort=high: reasoning_effort`,
            "gpt-6-astra t=0 effort=high: temperature",
            "gpt-6-astra t=1 effort=high: temperature",
            "gpt-6.1-sol t=0 effort=high: temperature",
            "gpt-6.1-sol t=1 effort=high: temperature",
            "gpt-6-luna t=0 effort=high: temperature",
            "gpt-6-luna t=1 effort=high: temperature"
          ]
        )
        const fine = yield* execute(questions(), {
          models: [Stack.MODEL, "gpt-6-luna"],
          temperatures: [0, 1]
        })
        assert.strictEqual(fine.requests.failed, 0)
        assert.lengthOf(exchanges, 4 * ITEMS)
      })
    )
  )
})

describe("pain 39: empty answers, the budget spent on reasoning", () => {
  const thought = { usage: { output: 50, reasoning: 50 } }
  /** Question 0 reasons for ever, 1 as long as it has little room, and 2 has nothing to say. */
  const thinking: Parameters<typeof Stack.scripted>[0] = (call) => {
    const bound = Number(call.body?.max_completion_tokens)
    if (nth(call) === 0) return truncate("", { usage: { output: bound, reasoning: bound } })
    if (nth(call) === 1 && bound === 50) return truncate("", thought)
    if (nth(call) === 2) return answer("", thought)
    return nth(call) === 3 ? truncate("It is not cle", thought) : answer("yes", thought)
  }
  const few = { dataset: Dataset.array(Stack.questions(5)) }
  /** 10 tokens of input and so many of output, at the prices of the model, in 1e-9 USD. */
  const cost = (...outputs: ReadonlyArray<number>) =>
    outputs.reduce((sum, output) => sum + 10 * 150 + output * 600, 0)

  it.effect("pain 39: they end as what they are, with their cost, neither wrong nor failed", () =>
    Stack.virtually(
      Stack.scripted(thinking),
      Effect.gen(function* () {
        const report = yield* execute(questions(few))
        assert.deepInclude(report.arms[0], {
          scored: 1,
          truncated: 3,
          empty: 1,
          wrong: 0,
          failed: 0
        })
        assert.strictEqual(report.costUsd, cost(50, 50, 50, 50, 50) / 1e9)
        assert.strictEqual(report.usage.reasoningTokens, 250)
        assert.deepStrictEqual(
          (yield* results).map(({ trials: [trial] }) => [trial?.end, trial?.cost]),
          (["truncated", "truncated", "empty", "truncated", "scored"] as const).map((end) => [
            end,
            cost(50)
          ])
        )
        assert.strictEqual((yield* execute(questions(few))).requests.sent, 0)
      })
    )
  )

  it.effect(
    "pain 39: one second try where it is asked for, with more room, and both are paid",
    () =>
      Stack.virtually(
        Stack.scripted(thinking),
        Effect.gen(function* () {
          const { exchanges } = yield* Stack.Door
          yield* execute(questions(few))
          const trying = questions({ ...few, secondTry: { maxOutputTokens: 500 } })
          const report = yield* execute(trying)
          // The first answers are there already: only those without a word are asked again, once.
          assert.deepStrictEqual(
            exchanges.slice(5).map(({ bound }) => bound),
            [500, 500, 500]
          )
          assert.deepInclude(report.arms[0], { scored: 2, truncated: 2, empty: 1, failed: 0 })
          const kept = yield* results
          assert.deepStrictEqual(
            kept.map(({ trials: [trial] }) => [trial?.end, trial?.keys.length, trial?.cost]),
            [
              ["truncated", 2, cost(50, 500)],
              ["scored", 2, cost(50, 50)],
              ["empty", 2, cost(50, 50)],
              ["truncated", 1, cost(50)],
              ["scored", 1, cost(50)]
            ]
          )
          assert.strictEqual((yield* execute(trying)).requests.sent, 0)
          const error = yield* Effect.flip(
            execute(questions({ ...few, secondTry: { maxOutputTokens: 10_000_000 } }))
          )
          assert.strictEqual(error._tag, "ArmError")
        })
      )
  )
})

// (simple-evals; SWE-bench_Pro-os#78: 4.9% of rows)
describe("pain 40: API failures scored as wrong answers", () => {
  it.effect(
    "pain 40: failed, refused and wrong are three numbers, and only the wrong are wrong",
    () =>
      Stack.virtually(
        Stack.scripted((call) => {
          const n = nth(call)
          if (n < 3) return status(400, { error: { message: "no", code: "invalid_prompt" } })
          if (n < 5) return refuse("I would rather not.")
          return answer(n < 9 ? "no" : "yes")
        }),
        Effect.gen(function* () {
          for (const noAnswer of ["wrong", "exclude"] as const) {
            const report = yield* execute(questions({ noAnswer }))
            const [arm] = report.arms
            assert.deepInclude(arm, { items: 12, failed: 3, refused: 2, wrong: 4, scored: 7 })
            assert.deepInclude(arm?.scorers[0]?.noAnswerWrong, { mean: 3 / 9, n: 9 })
            assert.deepInclude(arm?.scorers[0]?.noAnswerExcluded, { mean: 3 / 7, n: 7 })
            assert.strictEqual(arm?.score.n, noAnswer === "wrong" ? 9 : 7)
            assert.deepStrictEqual(
              report.failures.map(({ reason, items }) => [reason, items]),
              [["PromptRejected", 3]]
            )
          }
          assert.deepStrictEqual(
            (yield* results).map(({ trials: [trial] }) => trial?.end),
            [...Array(3).fill("failed"), ...Array(2).fill("refused"), ...Array(7).fill("scored")]
          )
        })
      )
  )
})

describe("pain 44: a failed response read as an empty success", () => {
  const json = { "content-type": "application/json" }
  const failed = (code: string) =>
    JSON.stringify({
      id: "resp_1",
      status: "failed",
      error: { code, message: "The model could not go on." },
      output: [],
      usage: null
    })

  it.effect("pain 44: it is a typed failure of that item, never an answer of no words", () =>
    Stack.virtually(
      Stack.scripted(
        (call) => (nth(call) === 0 ? raw(200, json, failed("image_parse_error")) : answer("yes")),
        { retry: { maxAttempts: 2 } }
      ),
      Effect.gen(function* () {
        const report = yield* execute(
          questions({
            request: { model: Stack.MODEL, endpoint: "responses", maxOutputTokens: 50 }
          })
        )
        assert.deepInclude(report.arms[0], { failed: 1, empty: 0, scored: ITEMS - 1, wrong: 0 })
        const [first] = yield* results
        assert.deepInclude(first?.trials[0]?.failure, { reason: "ResponseFailed" })
        assert.include(first?.trials[0]?.failure?.message ?? "", "The model could not go on.")
      })
    )
  )

  it.effect("pain 44: where a second attempt may help it is made, and the answer counts", () =>
    Stack.virtually(
      Stack.scripted((call, n) =>
        nth(call) === 0 && n < ITEMS ? raw(200, json, failed("server_error")) : answer("yes")
      ),
      Effect.gen(function* () {
        const report = yield* execute(
          questions({
            request: { model: Stack.MODEL, endpoint: "responses", maxOutputTokens: 50 }
          })
        )
        assert.deepInclude(report.requests, { answered: ITEMS, failed: 0 })
        assert.isAtLeast(report.requests.retries, 1)
        assert.strictEqual(report.arms[0]?.score.mean, 1)
      })
    )
  )
})
