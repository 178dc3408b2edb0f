import { assert, describe, it } from "@effect/vitest"
import type { Duration } from "effect"
import { Effect } from "effect"
import { answer, delayed, raw, ScriptedOpenAiTransport as Scripted } from "spillway/testing"
import * as Stack from "../pains/Stack.ts"

/** Answers in `latency`, with this limit and level of tokens. */
const telling =
  (
    told: (n: number) => readonly [limit: string, remaining: string],
    latency: Duration.Input
  ): Scripted.Script =>
  (call, n) => {
    const written = Scripted.respond(answer("ok"), call, n, false)
    const [limit, remaining] = told(n)
    const headers = {
      "x-ratelimit-limit-tokens": limit,
      "x-ratelimit-remaining-tokens": remaining
    }
    return delayed(raw(200, { ...written?.headers, ...headers }, written?.body ?? ""), latency)
  }

describe("a limit that falls after the level was used up", () => {
  it.effect("from a billion to 200,000 holds nothing back for days", () =>
    Stack.virtually(
      Stack.scripted(
        telling((n) => {
          if (n === 0) return ["1000000000", "1000000000"]
          if (n < 4) return ["1000000000", "10"]
          return n < 6 ? ["10000000", "10000000"] : ["200000", "200000"]
        }, "2 seconds"),
        { limits: { maxInFlight: 1 } }
      ),
      Effect.gen(function* () {
        const { answered, report } = yield* Stack.deliver(Stack.questions(30))
        assert.strictEqual(answered, 30)
        assert.isBelow(report?.elapsedSeconds ?? Number.POSITIVE_INFINITY, 600)
      })
    )
  )

  it.effect("to a tenth, after a neighbour took all: the pace comes back", () =>
    Stack.virtually(
      Stack.scripted(
        telling((n) => {
          if (n === 0) return ["2000000", "2000000"]
          return n < 4 ? ["2000000", "10"] : ["200000", "200000"]
        }, "20 seconds"),
        { limits: { maxInFlight: 1 } }
      ),
      Effect.gen(function* () {
        const { report } = yield* Stack.deliver(Stack.questions(15))
        assert.isBelow(report?.elapsedSeconds ?? Number.POSITIVE_INFINITY, 400)
      })
    )
  )
})
