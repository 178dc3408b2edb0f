/**
 * Headers that are malformed or hostile, on every response: whatever they say, a run ends within a bounded time, answered,
 * failed with a type, or stopped with a time to resume at. Nothing stalls for ever on the word of a header.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import { RunStopped } from "spillway/error/RunStopped"
import { answer, raw, ScriptedOpenAiTransport as Scripted } from "spillway/testing"
import * as Stack from "../pains/Stack.ts"

type Headers = Readonly<Record<string, string>>

const requests = (limit: string, remaining: string, reset: string): Headers => ({
  "x-ratelimit-limit-requests": limit,
  "x-ratelimit-remaining-requests": remaining,
  "x-ratelimit-reset-requests": reset
})
const tokens = (limit: string, remaining: string, reset: string): Headers => ({
  "x-ratelimit-limit-tokens": limit,
  "x-ratelimit-remaining-tokens": remaining,
  "x-ratelimit-reset-tokens": reset
})
const project = (limit: string, remaining: string, reset: string): Headers => ({
  "x-ratelimit-limit-project-tokens": limit,
  "x-ratelimit-remaining-project-tokens": remaining,
  "x-ratelimit-reset-project-tokens": reset
})

const huge = "9".repeat(400)

/** What a proxy, a bug or a joker may put there. */
const hostile: Readonly<Record<string, Headers>> = {
  "a limit of 1 request": requests("1", "0", "1m0s"),
  "a limit of 1 token": tokens("1", "0", "1m0s"),
  "a project's limit of 1 token": project("1", "0", "1m0s"),
  "a limit of a trillion": {
    ...requests("1000000000000", "999999999999", "0s"),
    ...tokens("1000000000000", "999999999999", "0s")
  },
  "a limit of 0": {
    ...requests("0", "0", "0s"),
    ...tokens("0", "0", "0s"),
    ...project("0", "0", "0s")
  },
  "more remaining than the limit": {
    ...requests("500", "999999", "1s"),
    ...tokens("200000", "999999999", "1s")
  },
  "nothing remaining, ever": {
    ...requests("500", "0", "1m0s"),
    ...tokens("200000", "0", "1m0s"),
    ...project("200000", "0", "1m0s")
  },
  "remaining without a limit": {
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-remaining-tokens": "0"
  },
  "negative numbers": {
    ...requests("-1", "-500", "-1s"),
    ...tokens("-200000", "-1", "-6m0s"),
    ...project("-1", "-1", "-1s")
  },
  "resets of years": {
    ...requests("500", "499", "876000h0m0s"),
    ...tokens("200000", "199000", "99999999999999999999s")
  },
  "no numbers": {
    ...requests("NaN", "soon", "later"),
    ...tokens("1e308", "Infinity", "∞"),
    ...project("null", "", "[object Object]")
  },
  "numbers of 400 digits": {
    ...requests(huge, huge, `${huge}s`),
    ...tokens(huge, huge, `${huge}h`)
  },
  "fractions and signs": { ...requests("500.5", "+3", "1.s"), ...tokens("2_000", "0x10", ".5m") },
  "lists of values": {
    ...requests("500, 1", "0, 0", "1s, 2h"),
    ...tokens("1, 200000", "7, 7", "1s, 1s")
  }
}

/** A limit that is another at every response. */
const flapping = (n: number): Headers => {
  const limit = ["1000000000000", "1", "500", "60", "10000000"][n % 5] ?? "1"
  return { ...requests(limit, "0", "1h0m0s"), ...tokens(`${limit}000`, limit, "1ms") }
}

const respond =
  (headersOf: (n: number) => Headers, statusOf: (n: number) => number): Scripted.Script =>
  (call, n) => {
    const written = Scripted.respond(answer("ok"), call, n, false)
    const refusal = JSON.stringify({
      error: { message: "Rate limit reached.", type: "requests", code: "rate_limit_exceeded" }
    })
    const code = statusOf(n)
    return code !== 200
      ? raw(code, { "content-type": "application/json", ...headersOf(n) }, refusal)
      : raw(200, { ...written?.headers, ...headersOf(n) }, written?.body ?? "")
  }

const ITEMS = 30
const HOUR = 3600

/** The run, and the virtual seconds that it took. */
const outcome = (script: Scripted.Script) =>
  Stack.virtually(
    Stack.scripted(script, { limits: { requestsPerMinute: 500, tokensPerMinute: 200_000 } }),
    Effect.gen(function* () {
      const ended = yield* Stack.deliver(Stack.questions(ITEMS))
      const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      return { ...ended, seconds: now / 1_000 }
    })
  )

/** All ended: answered, failed with a reason, or left to a later start by a stop that says when. */
const assertEnded = ({ kept, stopped }: Effect.Success<ReturnType<typeof outcome>>) => {
  for (const each of kept)
    if (each._tag === "Failed") assert.match(each.failure.reason, /^[A-Za-z-]+$/)
  if (stopped === undefined) {
    assert.strictEqual(kept.length, ITEMS)
    return
  }
  assert.instanceOf(stopped, RunStopped)
  if (!(stopped instanceof RunStopped)) return
  assert.isTrue(Number.isFinite(stopped.resumeAt))
  assert.match(stopped.message, /Resume at or after \d{4}-\d\d-\d\dT/)
}

describe("hostile rate-limit headers", () => {
  for (const [name, headers] of Object.entries(hostile)) {
    it.effect(`${name}, on every answer`, () =>
      Effect.gen(function* () {
        const ended = yield* outcome(
          respond(
            () => headers,
            () => 200
          )
        )
        assertEnded(ended)
        // The least that is believed is one request a minute.
        assert.isBelow(ended.seconds, HOUR)
      })
    )

    it.effect(`${name}, on answers and on 429s`, () =>
      Effect.gen(function* () {
        const ended = yield* outcome(
          respond(
            () => headers,
            (n) => (n % 3 === 0 ? 429 : 200)
          )
        )
        assertEnded(ended)
        assert.isBelow(ended.seconds, 2 * HOUR)
      })
    )
  }

  it.effect("a limit that is another at every response", () =>
    Effect.gen(function* () {
      const ended = yield* outcome(respond(flapping, (n) => (n % 4 === 3 ? 429 : 200)))
      assertEnded(ended)
      assert.isBelow(ended.seconds, 2 * HOUR)
    })
  )
})

/** Any of these, in any header, on responses of any kind. */
const mixture = fc.array(
  fc.record({
    status: fc.constantFrom(200, 200, 200, 429, 429, 503),
    values: fc.array(
      fc.constantFrom(
        ...Object.values(hostile).flatMap((headers) => Object.entries(headers)),
        ...["0", "1", "45", "599", "601", "1e308", huge, "-1", "soon"].flatMap((value) => [
          ["retry-after", value] as const,
          ["retry-after-ms", value] as const
        ])
      ),
      { maxLength: 12 }
    )
  }),
  { minLength: 1, maxLength: 40 }
)

describe("any mixture", () => {
  for (const [index, responses] of fc.sample(mixture, { numRuns: 40, seed: 1 }).entries()) {
    it.effect(
      `number ${index}: every item is answered, failed, or left with a time to resume at`,
      () =>
        Effect.gen(function* () {
          const at = (n: number) => responses[n % responses.length]
          const ended = yield* outcome(
            respond(
              (n) => Object.fromEntries(at(n)?.values ?? []),
              (n) => at(n)?.status ?? 200
            )
          )
          assertEnded(ended)
          assert.isBelow(ended.seconds, 24 * HOUR)
        })
    )
  }
})

const year = 365 * 24 * HOUR

describe("hostile hints to wait", () => {
  /** How long the hint is, in seconds, as far as it is believed; `undefined`: it is none. */
  const hints: ReadonlyArray<
    readonly [header: string, value: string, believed: number | undefined]
  > = [
    ["retry-after", "1e308", undefined],
    ["retry-after", huge, year],
    ["retry-after", "99999999999999999999", year],
    ["retry-after", "-1", undefined],
    ["retry-after", "NaN", undefined],
    ["retry-after", "Infinity", undefined],
    ["retry-after", "", undefined],
    ["retry-after", "0", 0],
    ["retry-after", "soon", undefined],
    ["retry-after", "Wed, 21 Oct 2015 07:28:00 GMT", 1_445_412_480],
    ["retry-after", "Mon, 01 Jan 1900 00:00:00 GMT", undefined],
    ["retry-after", "Fri, 31 Dec 9999 23:59:59 GMT", year],
    ["retry-after", "Fri, 99 Foo 9999 99:99:99 GMT", undefined],
    ["retry-after-ms", "1e308", undefined],
    ["retry-after-ms", huge, year],
    ["retry-after-ms", "-5", undefined],
    ["retry-after-ms", "0.0001", 0]
  ]
  for (const [header, value, believed] of hints) {
    const about = value.length > 30 ? `${value.length} digits` : `"${value}"`
    it.effect(`${header} ${about} on every 429: ends`, () =>
      Effect.gen(function* () {
        const ended = yield* outcome(
          respond(
            () => ({ [header]: value }),
            () => 429
          )
        )
        assertEnded(ended)
        assert.isBelow(ended.seconds, 2 * HOUR)
        const tooLong = believed !== undefined && believed > 600
        assert.strictEqual(ended.stopped !== undefined, tooLong)
        if (!tooLong || !(ended.stopped instanceof RunStopped)) return
        assert.strictEqual(ended.stopped.why, "hint-too-long")
        assert.isAtMost(ended.stopped.resumeAt ?? Infinity, (year + HOUR) * 1_000)
      })
    )

    it.effect(
      `${header} ${about} on one 429, and on every answer: all are answered, or it says when`,
      () =>
        Effect.gen(function* () {
          const ended = yield* outcome(
            respond(
              () => ({ [header]: value }),
              (n) => (n === 5 ? 429 : 200)
            )
          )
          assertEnded(ended)
          assert.isBelow(ended.seconds, HOUR)
          if (ended.stopped === undefined) assert.strictEqual(ended.answered, ITEMS)
        })
    )
  }
})
