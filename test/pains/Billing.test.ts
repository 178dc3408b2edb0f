/** No credit left: today's tools retry it (langchainjs#1929), hundreds of times in a row (dot-ai#334). */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { RunStopped } from "spillway/error/RunStopped"
import { none } from "spillway/simulator/Faults"
import { answer, delayed, SimulatedOpenAiTransport, status } from "spillway/testing"
import * as Stack from "./Stack.ts"

/** Every code of the platform that says so, and the type it comes with. */
const codes = [
  "insufficient_quota",
  "credit_balance_exhausted",
  "organization_spend_limit_exceeded",
  "project_spend_limit_exceeded",
  "organization_usage_limit_exceeded",
  "billing_hard_limit_reached"
]

describe("no credit left", () => {
  for (const code of codes) {
    it.effect(`pain 1: ${code}: one call, the run pauses, nothing is lost, and it says why`, () => {
      let paid = false
      const refusal = status(429, {
        error: { message: "There is no credit.", type: code, param: null, code }
      })
      return Stack.virtually(
        Stack.scripted((_, n) => (n < 5 || paid ? answer("ok") : refusal), {
          limits: { maxInFlight: 1 }
        }),
        Effect.gen(function* () {
          const { exchanges } = yield* Stack.Door
          const items = Stack.questions(100)
          const first = yield* Stack.deliver(items)
          assert.strictEqual(exchanges.filter((each) => each.status === 429).length, 1)
          assert.strictEqual(exchanges.length, 6)
          assert.strictEqual(first.answered, 5)
          assert.isTrue(first.stopped instanceof RunStopped && first.stopped.why === "billing")
          assert.match(String(first.stopped?.message), /There is no credit.*Add credit.*resumes/)

          paid = true
          const second = yield* Stack.deliver(items)
          assert.strictEqual(second.stopped, undefined)
          const all = [...first.kept, ...second.kept].map(({ item }) => item)
          assert.deepStrictEqual([...all].sort(), [...items].sort())
          assert.strictEqual(exchanges.length, 101)
        })
      )
    })
  }

  it.effect("pain 2: 1,000 queued and a quota error: no call is sent after it has come in", () =>
    Stack.virtually(
      Stack.over(
        SimulatedOpenAiTransport.layer({
          tier: "unlimited",
          faults: { ...none, billing: { _tag: "Requests", after: 200 } }
        }),
        { limits: { ...Stack.plenty, maxInFlight: 64 } }
      ),
      Effect.gen(function* () {
        const { exchanges } = yield* Stack.Door
        const { answered, stopped } = yield* Stack.deliver(Stack.questions(1_000))
        assert.isTrue(stopped instanceof RunStopped && stopped.why === "billing")
        const refused = exchanges.filter((each) => each.status === 429)
        const known = Math.min(...refused.map((each) => each.headAt ?? 0))
        const inFlight = exchanges.filter(
          (each) => each.sentAt <= known && (each.endedAt ?? Infinity) >= known
        )
        assert.isAtMost(refused.length, inFlight.length)
        assert.isAtMost(inFlight.length, 64)
        assert.strictEqual(exchanges.filter((each) => each.sentAt > known).length, 0)
        assert.strictEqual(answered, 200)
      })
    )
  )

  it.effect("pain 2: the same where every refusal is slow, so that many could have followed", () =>
    Stack.virtually(
      Stack.scripted(
        (_, n) =>
          n === 70
            ? status(429, { error: { message: "no credit", code: "insufficient_quota" } })
            : delayed(answer("ok"), "20 seconds"),
        { limits: { maxInFlight: 64 } }
      ),
      Effect.gen(function* () {
        const { exchanges } = yield* Stack.Door
        const { answered } = yield* Stack.deliver(Stack.questions(1_000))
        // Call 70 is among the second 64: the others of them were in flight when it was refused.
        assert.isAtMost(exchanges.length, 128)
        assert.strictEqual(answered, exchanges.length - 1)
      })
    )
  )
})
