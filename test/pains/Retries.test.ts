/** Refusals and retries: what a refusal says reaches the user, and each item has one retry layer and one deadline. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { Generate } from "spillway/generate/Generate"
import { RateLimiter } from "spillway/rate-limit/RateLimiter"
import * as RateLimitHeaders from "spillway/rate-limit/RateLimitHeaders"
import {
  answer,
  delayed,
  hang,
  raw,
  ScriptedOpenAiTransport as Scripted,
  SimulatedOpenAiTransport,
  status
} from "spillway/testing"
import * as Chat from "spillway/transport/Chat"
import { OpenAiTransport } from "spillway/transport/OpenAiTransport"
import * as Stack from "./Stack.ts"

const refused = (message: string, headers: Readonly<Record<string, string>> = {}) =>
  status(
    429,
    { error: { message, type: "tokens", param: null, code: "rate_limit_exceeded" } },
    headers
  )

/** The first request is refused so, the others are answered: when the second attempt of it was sent. */
const secondAttempt = (message: string, seed: number) =>
  Stack.virtually(
    Stack.scripted([refused(message), answer("ok")]),
    Effect.gen(function* () {
      const { exchanges } = yield* Stack.Door
      const { answered } = yield* Stack.deliver(["only"])
      assert.strictEqual(answered, 1)
      assert.strictEqual(exchanges.length, 2)
      return exchanges[1]?.sentAt ?? 0
    }),
    seed
  )

// (openai-node#1477)
describe("a 429 without rate-limit headers", () => {
  it.effect("pain 5: falls back to the message: try again in 599ms", () =>
    Effect.gen(function* () {
      const message =
        "Rate limit reached for m on tokens per min (TPM): Limit 60000, Used 54134, Requested 6465. Please try again in 599ms."
      const at = yield* secondAttempt(message, 1)
      assert.isAtLeast(at, 599)
      assert.isBelow(at, 1_200)
    })
  )

  it.effect("pain 5: else to backoff with jitter: never at once, never all at one time", () =>
    Effect.gen(function* () {
      const times = new Set<number>()
      for (let seed = 1; seed <= 8; seed++) {
        const at = yield* secondAttempt("Rate limit reached.", seed)
        assert.isAtLeast(at, 1)
        assert.isAtMost(at, 5_000)
        times.add(at)
      }
      assert.strictEqual(times.size, 8)
    })
  )
})

// (openai-node#168)
describe("what a 429 says", () => {
  it.effect("pain 6: the error carries dimension, limit, used and requested", () =>
    Stack.virtually(
      Stack.over(
        SimulatedOpenAiTransport.layer({
          limits: { requestsPerMinute: 500, tokensPerMinute: 10_000 }
        }),
        { limits: Stack.plenty, retry: { maxAttempts: 1 } }
      ),
      Effect.gen(function* () {
        const generate = yield* Generate
        const ask = (question: string) => generate.generate(Stack.prompt(question, 6_000))
        const [, second] = yield* Effect.all(
          [Effect.result(ask("one")), Effect.delay(Effect.flip(ask("two")), "10 millis")],
          { concurrency: 2 }
        )
        assert.isTrue(second._tag === "OpenAiError" && second.reason._tag === "RateLimited")
        if (second._tag !== "OpenAiError" || second.reason._tag !== "RateLimited") return
        const { dimension, limit, requested, retryAfter, used } = second.reason
        assert.deepStrictEqual(
          { dimension, limit, requested },
          { dimension: "tokens", limit: 10_000, requested: 6_000 }
        )
        assert.isTrue(used !== undefined && used > 5_900 && used <= 6_000)
        assert.isTrue(retryAfter !== undefined && Duration.toMillis(retryAfter) > 0)
      })
    )
  )

  it.effect("pain 6: requests and tokens are told apart", () =>
    Stack.virtually(
      Stack.over(
        SimulatedOpenAiTransport.layer({
          limits: { requestsPerMinute: 1, tokensPerMinute: 1_000_000 }
        }),
        { limits: Stack.plenty, retry: { maxAttempts: 1 } }
      ),
      Effect.gen(function* () {
        const generate = yield* Generate
        const ask = (question: string) => generate.generate(Stack.prompt(question))
        const [, second] = yield* Effect.all(
          [Effect.result(ask("one")), Effect.delay(Effect.flip(ask("two")), "10 millis")],
          { concurrency: 2 }
        )
        assert.isTrue(second._tag === "OpenAiError" && second.reason._tag === "RateLimited")
        if (second._tag !== "OpenAiError" || second.reason._tag !== "RateLimited") return
        const { dimension, limit, requested, used } = second.reason
        assert.deepStrictEqual(
          { dimension, limit, used, requested },
          { dimension: "requests", limit: 1, used: 1, requested: 1 }
        )
      })
    )
  )
})

/** Every family that the platform sends. */
const headersOf = (organization: number, project: number) => ({
  "x-ratelimit-limit-requests": "5000",
  "x-ratelimit-remaining-requests": "4999",
  "x-ratelimit-reset-requests": "12ms",
  "x-ratelimit-limit-tokens": String(organization),
  "x-ratelimit-remaining-tokens": String(organization - 1_000),
  "x-ratelimit-reset-tokens": "6m0s",
  "x-ratelimit-limit-project-tokens": String(project),
  "x-ratelimit-remaining-project-tokens": String(project - 1_000),
  "x-ratelimit-reset-project-tokens": "1h2m3s"
})

/** An answer with these headers. */
const telling =
  (headers: Readonly<Record<string, string>>): Scripted.Script =>
  (call, n) => {
    const written = Scripted.respond(answer("ok"), call, n, false)
    return raw(200, { ...written?.headers, ...headers }, written?.body ?? "")
  }

// (openai-node#322, vercel/ai#5223)
describe("what the headers say", () => {
  it.effect("pain 7: every family is in the result, of an answer and of an error", () =>
    Effect.gen(function* () {
      const headers = headersOf(60_000, 6_000)
      const expected: RateLimitHeaders.RateLimitHeaders = {
        requests: { limit: 5_000, remaining: 4_999, resetMs: 12 },
        tokens: { limit: 60_000, remaining: 59_000, resetMs: 360_000 },
        projectTokens: { limit: 6_000, remaining: 5_000, resetMs: 3_723_000 },
        retryAfterMs: 7_000
      }
      yield* Stack.virtually(
        Stack.scripted(telling({ ...headers, "retry-after": "7" })),
        Effect.gen(function* () {
          const transport = yield* OpenAiTransport
          const { head } = yield* transport.send(
            Chat.create({ model: Stack.MODEL, messages: [{ role: "user", content: "hi" }] })
          )
          assert.deepStrictEqual(RateLimitHeaders.parse(head.headers, 0), expected)
        })
      )
      yield* Stack.virtually(
        Stack.scripted([refused("Rate limit reached.", { ...headers, "retry-after": "7" })], {
          retry: { maxAttempts: 1 }
        }),
        Effect.gen(function* () {
          const generate = yield* Generate
          const error = yield* Effect.flip(generate.generate(Stack.prompt("hi")))
          assert.isTrue(error._tag === "OpenAiError")
          if (error._tag !== "OpenAiError") return
          assert.deepStrictEqual(RateLimitHeaders.parse(error.head?.headers ?? {}, 0), expected)
        })
      )
    })
  )

  for (const { name, organization, project } of [
    { name: "the project's", organization: 600_000, project: 6_000 },
    { name: "the organization's", organization: 6_000, project: 600_000 }
  ]) {
    it.effect(`pain 7: of two limits the tighter one binds: ${name}`, () => {
      // Full for the first, then refilled with 6,000 a minute, less what the script has been sent.
      const headers = headersOf(organization, project)
      return Stack.virtually(
        Stack.scripted(telling(headers), { limits: { burst: 0, maxInFlight: 1 } }),
        Effect.gen(function* () {
          const { exchanges } = yield* Stack.Door
          const limiter = yield* RateLimiter
          const { answered } = yield* Stack.deliver(Stack.questions(31), {
            request: (question) => Stack.prompt(question, 1_000)
          })
          assert.strictEqual(answered, 31)
          const known = exchanges.slice(1)
          assert.isAtMost(
            Stack.mostWithin(known, 60_000, (each) => each.bound),
            6_000
          )
          const [pool] = yield* limiter.states
          assert.strictEqual(pool?.tokens.limit, 6_000)
        })
      )
    })
  }
})

// (openai-cookbook PR 2907, openlimit#8)
describe("a request larger than the limit", () => {
  const huge = (question: string) => Stack.prompt(question, question === "question 3" ? 16_000 : 50)
  for (const [when, known] of [
    ["before any response has told the limit", false],
    ["where the limit is known", true]
  ] as const) {
    it.effect(`pain 8: fails at once with its own error, ${when}; the others go on`, () =>
      Stack.virtually(
        Stack.over(
          SimulatedOpenAiTransport.layer({
            limits: { requestsPerMinute: 500, tokensPerMinute: 10_000 }
          }),
          known ? { limits: { tokensPerMinute: 10_000, capAtConfigured: true } } : {}
        ),
        Effect.gen(function* () {
          const { exchanges } = yield* Stack.Door
          const { kept, report } = yield* Stack.deliver(Stack.questions(50), { request: huge })
          const failed = kept.flatMap((each) => (each._tag === "Failed" ? [each] : []))
          assert.deepStrictEqual(
            failed.map(({ failure, item }) => [item, failure.retryable]),
            [["question 3", false]]
          )
          const [only] = failed
          assert.include(["RequestTooLarge", "request-too-large"], only?.failure.reason)
          assert.match(String(only?.failure.message), /16000|limit/i)
          assert.isAtMost(exchanges.filter((each) => each.bound === 16_000).length, known ? 0 : 1)
          assert.strictEqual(kept.length, 50)
          assert.isBelow(report?.elapsedSeconds ?? Infinity, 60)
        })
      )
    )
  }
})

// (simonw/llm#1504)
describe("one retry layer, one deadline", () => {
  it.effect("pain 13: a server that always fails is called as often as one item may try", () =>
    Stack.virtually(
      Stack.scripted(() => status(500), { retry: { maxAttempts: 4 } }),
      Effect.gen(function* () {
        const { exchanges } = yield* Stack.Door
        const { kept } = yield* Stack.deliver(Stack.questions(3))
        assert.deepStrictEqual(
          kept.map((each) => each._tag === "Failed" && each.failure.attempts),
          [4, 4, 4]
        )
        assert.strictEqual(exchanges.length, 12)
      })
    )
  )

  it.effect("pain 13: timeouts do not multiply: no attempt begins after the item's deadline", () =>
    Stack.virtually(
      Stack.scripted(() => hang, {
        retry: {
          maxAttempts: 100,
          attemptTimeout: Duration.minutes(2),
          totalTimeout: Duration.minutes(5)
        }
      }),
      Effect.gen(function* () {
        const { exchanges } = yield* Stack.Door
        const { kept, report } = yield* Stack.deliver(["only"])
        assert.isTrue(kept[0]?._tag === "Failed" && kept[0].failure.reason === "TimedOut")
        assert.isAtMost(Math.max(...exchanges.map((each) => each.sentAt)), 5 * 60_000)
        // The last attempt may have its whole time: not 100 times two minutes.
        assert.isAtMost(report?.elapsedSeconds ?? Infinity, (5 + 2) * 60)
      })
    )
  )

  it.effect("pain 15: the timer starts at dispatch: hours in the queue cost an item nothing", () =>
    Stack.virtually(
      Stack.scripted(() => delayed(answer("ok"), "1 minute"), {
        limits: { maxInFlight: 1 },
        retry: { attemptTimeout: Duration.seconds(61), totalTimeout: Duration.seconds(90) }
      }),
      Effect.gen(function* () {
        const { report } = yield* Stack.deliver(Stack.questions(180))
        assert.strictEqual(report?.requests.answered, 180)
        assert.strictEqual(report?.requests.retries, 0)
        assert.isAtLeast(report?.elapsedSeconds ?? 0, 180 * 60)
      })
    )
  )
})
