/**
 * A wall clock that jumps by an hour, as one that is set by hand or after a suspension: what waits goes by the monotonic
 * clock, so that throughput stays and nothing stalls.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Random } from "effect"
import { answer, delayed, runToEnd, SimulatedOpenAiTransport, status } from "spillway/testing"
import * as Stack from "../pains/Stack.ts"

const HOUR = 3_600_000

/** The test's clock, with a wall time that can be set; monotonic time goes on evenly. */
const settable = Effect.map(Clock.Clock, (clock) => {
  let ahead = 0
  const millis = () => clock.currentTimeMillisUnsafe() + ahead
  const nanos = () => clock.currentTimeNanosUnsafe() + BigInt(ahead) * 1_000_000n
  const jumping: Clock.Clock = {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  }
  const jump = (by: number) =>
    Effect.sync(() => {
      ahead += by
    })
  return { jumping, jump }
})

/** Runs on a clock that jumps at these minutes. */
const jumping = <A, E>(
  graph: ReturnType<typeof Stack.over>,
  jumps: ReadonlyArray<readonly [atMinute: number, by: number]>,
  effect: Parameters<typeof Stack.virtually<A, E>>[1]
) =>
  runToEnd(
    Effect.gen(function* () {
      const { jump, jumping } = yield* settable
      const jumper = Effect.forEach(jumps, ([at, by]) => Effect.delay(jump(by), `${at} minutes`), {
        concurrency: "unbounded"
      })
      return yield* Effect.andThen(Effect.forkScoped(jumper), effect).pipe(
        Effect.scoped,
        Effect.provide(graph),
        Effect.provideService(Clock.Clock, jumping)
      )
    })
  ).pipe(Random.withSeed(1))

const LIMITS = { requestsPerMinute: 120, tokensPerMinute: 40_000 }

/** Admitted requests in each minute, from the second on, over 8 minutes; and 429s. */
const traffic = (jumps: Parameters<typeof jumping>[1]) =>
  jumping(
    Stack.over(SimulatedOpenAiTransport.layer({ limits: LIMITS }), { limits: LIMITS }),
    jumps,
    Effect.gen(function* () {
      const { exchanges } = yield* Stack.Door
      const run = yield* Effect.forkChild(
        Stack.deliver(Stack.questions(500), {
          request: (question) => Stack.prompt(question, 2_000)
        })
      )
      yield* Effect.sleep("8 minutes")
      yield* Fiber.interrupt(run)
      const minutes = Array.from({ length: 7 }, (_, index) => index + 1)
      return {
        limited: exchanges.filter((each) => each.status === 429).length,
        admitted: minutes.map(
          (minute) => exchanges.filter((each) => Math.floor(each.sentAt / 60_000) === minute).length
        )
      }
    })
  )

describe("a wall clock that jumps", () => {
  for (const [name, jumps] of [
    ["an hour ahead", [[5, HOUR]]],
    ["an hour back", [[5, -HOUR]]],
    [
      "ahead and back again",
      [
        [3, HOUR],
        [5, -HOUR],
        [7, HOUR]
      ]
    ]
  ] as const) {
    it.effect(`${name}: every minute has as many requests as before, and no 429`, () =>
      Effect.gen(function* () {
        const { admitted, limited } = yield* traffic(jumps)
        assert.strictEqual(limited, 0)
        // 40,000 tokens a minute are 20 requests of 2,000.
        for (const requests of admitted)
          assert.isTrue(requests >= 19 && requests <= 21, String(admitted))
      })
    )
  }

  for (const [name, by] of [
    ["ahead", HOUR],
    ["back", -HOUR]
  ] as const) {
    it.effect(
      `${name} an hour during a hint of 90 s: it is waited out, neither shorter nor longer`,
      () =>
        jumping(
          Stack.scripted((_, n) =>
            n === 0
              ? status(429, { error: { message: "Rate limit reached." } }, { "retry-after": "90" })
              : answer("ok")
          ),
          [[1, by]],
          Effect.gen(function* () {
            const { exchanges } = yield* Stack.Door
            const { answered } = yield* Stack.deliver(["only"])
            assert.strictEqual(answered, 1)
            const at = exchanges[1]?.sentAt ?? 0
            assert.isTrue(at >= 90_000 && at < 100_000, `sent after ${at} ms`)
          })
        )
    )

    it.effect(
      `${name} an hour while the circuit is open and while probes are out: all get through`,
      () =>
        jumping(
          Stack.scripted(
            (_, n) =>
              n < 60 ? delayed(status(503), "10 seconds") : delayed(answer("ok"), "20 seconds"),
            { limits: { maxInFlight: 30 } }
          ),
          [
            [0.5, by],
            [1, by],
            [1.5, -2 * by],
            [2, by]
          ],
          Effect.gen(function* () {
            const { answered, report } = yield* Stack.deliver(Stack.questions(200))
            assert.strictEqual(answered, 200)
            assert.isDefined(report)
            const { exchanges } = yield* Stack.Door
            assert.isBelow(Math.max(...exchanges.map((each) => each.endedAt ?? 0)), 20 * 60_000)
          })
        )
    )
  }
})
