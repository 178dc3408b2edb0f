/** The quota: never more than it, nearly all of it, and waiting as long as the provider says. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { RunStopped } from "spillway/error/RunStopped"
import { answer, delayed, SimulatedOpenAiTransport, status } from "spillway/testing"
import * as Stack from "./Stack.ts"

const limited = (headers: Readonly<Record<string, string>>) =>
  status(
    429,
    {
      error: {
        message: "Rate limit reached.",
        type: "requests",
        param: null,
        code: "rate_limit_exceeded"
      }
    },
    headers
  )

describe("a hint to wait", () => {
  for (const [header, value] of [
    ["retry-after", "90"],
    ["retry-after-ms", "90000"],
    ["retry-after", "Thu, 01 Jan 1970 00:01:30 GMT"]
  ] as const) {
    // (openai-node#1108, vercel/ai#7247)
    it.effect(
      `pain 3: a hint of 90 s (${header}: ${value}): nothing is sent on that pool before`,
      () =>
        Stack.virtually(
          Stack.scripted(
            (_, n) =>
              n === 2 ? limited({ [header]: value }) : delayed(answer("ok"), "500 millis"),
            { limits: { maxInFlight: 8 } }
          ),
          Effect.gen(function* () {
            const { exchanges } = yield* Stack.Door
            const { answered } = yield* Stack.deliver(Stack.questions(100))
            assert.strictEqual(answered, 100)
            const after = exchanges.slice(8)
            assert.isAtLeast(Math.min(...after.map((each) => each.sentAt)), 90_000)
            assert.isBelow(Math.min(...after.map((each) => each.sentAt)), 96_000)
          })
        )
    )
  }

  // (earendil-works/pi#4991)
  it.effect("pain 4: a hint of three days: all is saved, and the error names when to resume", () =>
    Stack.virtually(
      Stack.scripted(
        (_, n) =>
          n === 20
            ? limited({ "retry-after": String(3 * 86_400) })
            : delayed(answer("ok"), "2 seconds"),
        { limits: { maxInFlight: 16 } }
      ),
      Effect.gen(function* () {
        const { exchanges } = yield* Stack.Door
        const items = Stack.questions(200)
        const { kept, stopped } = yield* Stack.deliver(items)
        const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        // It ends with what was in flight, and does not wait out the hint.
        assert.isBelow(now, 10_000)
        assert.isTrue(stopped instanceof RunStopped)
        if (!(stopped instanceof RunStopped)) return
        assert.strictEqual(stopped.why, "hint-too-long")
        assert.strictEqual(stopped.exitCode, 3)
        const due = 3 * 86_400_000
        assert.isTrue((stopped.resumeAt ?? 0) >= due && (stopped.resumeAt ?? 0) <= due + 10_000)
        assert.match(stopped.message, /Resume at or after 1970-01-04T00:00:0/)
        assert.strictEqual(kept.length, exchanges.length - 1)

        yield* Effect.sleep("3 days")
        const second = yield* Stack.deliver(items)
        assert.strictEqual(second.stopped, undefined)
        assert.strictEqual(kept.length + second.answered, 200)
        assert.strictEqual(exchanges.length, 201)
      })
    )
  )

  // (litellm#34399)
  it.effect(
    "pain 9: the wait belongs to the quota pool: its other model waits, a third goes on",
    () => {
      // The snapshot draws on the quota of gpt-4o; the small model has its own.
      const models = ["gpt-4o", "gpt-4o-2024-05-13", "gpt-4o-mini"]
      return Stack.virtually(
        Stack.scripted((call, n) =>
          n === 0 && call.model === "gpt-4o" ? limited({ "retry-after": "60" }) : answer("ok")
        ),
        Effect.gen(function* () {
          const { exchanges } = yield* Stack.Door
          const hit = yield* Effect.forkChild(
            Stack.deliver(["first"], { name: "hit", request: (q) => Stack.prompt(q, 50, "gpt-4o") })
          )
          yield* Effect.sleep("1 second")
          yield* Effect.forEach(
            models,
            (model) =>
              Stack.deliver(Stack.questions(5), {
                name: model,
                request: (question) => Stack.prompt(question, 50, model)
              }),
            { concurrency: "unbounded" }
          )
          yield* Fiber.join(hit)
          const sent = (model: string) =>
            exchanges
              .slice(1)
              .filter((each) => each.model === model)
              .map((each) => each.sentAt)
          for (const model of ["gpt-4o", "gpt-4o-2024-05-13"])
            assert.isAtLeast(Math.min(...sent(model)), 60_000)
          assert.strictEqual(sent("gpt-4o-mini").length, 5)
          assert.isBelow(Math.max(...sent("gpt-4o-mini")), 2_000)
        })
      )
    }
  )
})

describe("the quota", () => {
  // (curator#206)
  it.effect(
    "pain 10: output over-estimated 40-fold: 98% of the token quota is used after warm-up",
    () => {
      const limit = 100_000
      return Stack.virtually(
        Stack.over(
          SimulatedOpenAiTransport.layer({
            limits: { requestsPerMinute: 500, tokensPerMinute: limit }
          }),
          { limits: { tokensPerMinute: limit } }
        ),
        Effect.gen(function* () {
          const { exchanges } = yield* Stack.Door
          // About a hundred tokens come back of the 4,096 that every request asks for.
          const run = yield* Effect.forkChild(
            Stack.deliver(Stack.questions(2_000), { request: (q) => Stack.prompt(q, 4_096) })
          )
          const [warm, minutes] = [1, 11]
          yield* Effect.sleep(`${minutes} minutes`)
          yield* Fiber.interrupt(run)
          const admitted = exchanges
            .filter((each) => each.status === 200)
            .filter(({ sentAt }) => sentAt >= warm * 60_000 && sentAt < minutes * 60_000)
            .reduce((sum, each) => sum + each.bound, 0)
          assert.isAtLeast(admitted / (limit * (minutes - warm)), 0.98)
          assert.strictEqual(exchanges.filter((each) => each.status === 429).length, 0)
        })
      )
    }
  )

  // (curator#401)
  for (const { binds, burst, limits, sizes } of [
    { binds: "tokens", burst: 0, limits: [3_000, 60_000], sizes: [100, 400, 1_600] },
    { binds: "tokens", burst: 0.25, limits: [3_000, 60_000], sizes: [100, 400, 1_600] },
    { binds: "requests", burst: 0, limits: [120, 600_000], sizes: [100, 400] }
  ] as const) {
    it.effect(
      `pain 11: never more than ${1 + burst} times the limit of ${binds} in any 60 s with burst ${burst}, nor much less`,
      () => {
        const [requestsPerMinute, tokensPerMinute] = limits
        return Stack.virtually(
          Stack.over(
            SimulatedOpenAiTransport.layer({ limits: { requestsPerMinute, tokensPerMinute } }),
            { limits: { burst } }
          ),
          Effect.gen(function* () {
            const { exchanges } = yield* Stack.Door
            const { answered } = yield* Stack.deliver(Stack.questions(400), {
              request: (question) =>
                Stack.prompt(question, sizes[Number(question.split(" ")[1]) % sizes.length])
            })
            assert.strictEqual(answered, 400)
            // What went out on a guess, before any response could tell the limit, is the cold start's business.
            const told = Math.min(...exchanges.map((each) => each.headAt ?? Infinity))
            const known = exchanges.filter((each) => each.sentAt > told)
            const tokens = Stack.mostWithin(known, 60_000, (each) => each.bound)
            const requests = Stack.mostWithin(known, 60_000, () => 1)
            assert.isAtMost(tokens, tokensPerMinute * (1 + burst))
            assert.isAtMost(requests, requestsPerMinute * (1 + burst))
            const fullest = Math.max(tokens / tokensPerMinute, requests / requestsPerMinute)
            assert.isAtLeast(fullest, 0.95)
          })
        )
      }
    )
  }
})
