/** The breaker, from outside: what the provider's door sees while the provider is ill, and that every item gets through. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Result, Stream } from "effect"
import { CircuitBreaker, type Transition } from "spillway/circuit-breaker/CircuitBreaker"
import { Generate } from "spillway/generate/Generate"
import { parse } from "spillway/simulator/FaultSyntax"
import {
  answer,
  delayed,
  disconnect,
  hang,
  type ScriptedOpenAiTransport as Scripted,
  SimulatedOpenAiTransport,
  status
} from "spillway/testing"
import * as Stack from "./Stack.ts"

const minutes = (count: number) => count * 60_000

/** Every change of a circuit from here on. */
const watching = Effect.gen(function* () {
  const breaker = yield* CircuitBreaker
  const seen: Array<Transition> = []
  yield* Effect.forkScoped(
    Stream.runForEach(breaker.transitions, (one) => Effect.sync(() => void seen.push(one)))
  )
  yield* Effect.yieldNow
  return seen
})

const ways = (seen: ReadonlyArray<Transition>) => seen.map(({ from, to }) => `${from} → ${to}`)

const provider = (faults: string) =>
  SimulatedOpenAiTransport.layer({
    tier: "unlimited",
    faults: Result.getOrThrow(parse(faults))
  })

/** Spans of time in which a circuit was in a state. */
const spans = (seen: ReadonlyArray<Transition>, state: Transition["to"]) =>
  seen.flatMap(({ at, to }, index) =>
    to === state ? [[at, seen[index + 1]?.at ?? Infinity].map(Stack.rounded)] : []
  )

describe("what the breaker counts", () => {
  for (const [name, step] of [
    ["429s", status(429, { error: { message: "rate limit reached, try again in 10ms" } })],
    [
      "slow_down",
      status(429, { error: { message: "x", code: "slow_down" } }, { "retry-after-ms": "10" })
    ],
    ["400s", status(400)],
    ["403s of one model", status(403)],
    ["409s", status(409)],
    ["requests that are too large", status(429, { error: { message: "Request too large" } })]
  ] as const) {
    it.effect(`pain 16: a storm of ${name} never opens it`, () =>
      Stack.virtually(
        Stack.scripted(() => delayed(step, "50 millis"), {
          limits: { maxInFlight: 100 },
          retry: { maxAttempts: 2 }
        }),
        Effect.gen(function* () {
          const seen = yield* watching
          const { exchanges } = yield* Stack.Door
          yield* Stack.deliver(Stack.questions(120))
          assert.isAtLeast(exchanges.length, 100)
          assert.deepStrictEqual(seen, [])
        })
      )
    )
  }

  it.effect("pain 16: a hundred cancellations never open it", () =>
    Stack.virtually(
      Stack.scripted(() => hang),
      Effect.gen(function* () {
        const seen = yield* watching
        const generate = yield* Generate
        const { exchanges } = yield* Stack.Door
        for (const question of Stack.questions(100)) {
          const fiber = yield* Effect.forkChild(generate.generate(Stack.prompt(question)))
          yield* Effect.sleep("1 second")
          yield* Fiber.interrupt(fiber)
        }
        assert.strictEqual(exchanges.length, 100)
        assert.deepStrictEqual(seen, [])
      })
    )
  )

  for (const [name, step] of [
    ["5xx", status(503)],
    ["connection failures", disconnect()],
    ["connections refused", disconnect({ sent: false })],
    ["timeouts", hang]
  ] as const) {
    it.effect(`pain 16: ${name} open it, and all items get through once it is closed`, () =>
      Stack.virtually(
        Stack.scripted((_, n) => (n < 30 ? step : delayed(answer("ok"), "200 millis")), {
          limits: { maxInFlight: 30 }
        }),
        Effect.gen(function* () {
          const seen = yield* watching
          const { answered } = yield* Stack.deliver(Stack.questions(300))
          assert.strictEqual(ways(seen)[0], "closed → open")
          assert.strictEqual(ways(seen).at(-1), "half-open → closed")
          assert.strictEqual(answered, 300)
        })
      )
    )
  }
})

describe("while it is open", () => {
  for (const [outage, perSecond] of [
    ["outage", 1.5],
    ["outage_hang", 0.5]
  ] as const) {
    it.effect(
      `pain 16: in an ${outage} of 10 minutes nothing is sent while open, and three probes at once half open`,
      () =>
        Stack.virtually(
          Stack.over(provider(`${outage}=10s..10m`), {
            limits: { ...Stack.plenty, maxInFlight: 10 },
            retry: { attemptTimeout: Duration.seconds(30) }
          }),
          Effect.gen(function* () {
            const seen = yield* watching
            const { exchanges } = yield* Stack.Door
            const { answered } = yield* Stack.deliver(Stack.questions(300))
            assert.strictEqual(answered, 300)
            assert.strictEqual(ways(seen)[0], "closed → open")
            assert.strictEqual(ways(seen).at(-1), "half-open → closed")
            for (const { sentAt } of exchanges)
              assert.isFalse(
                spans(seen, "open").some(([from = 0, to = 0]) => sentAt > from && sentAt < to)
              )
            for (const [from = 0, to = 0] of spans(seen, "half-open")) {
              const probes = exchanges.filter(({ sentAt }) => sentAt >= from && sentAt < to)
              // Only one that came back, or was silent for two seconds, gives its place to another.
              const lost = probes.filter(({ status }) => status !== 200)
              assert.isAtMost(
                Stack.mostWithin(lost, 1_999, () => 1),
                3
              )
            }
            const probing = exchanges.filter(
              ({ sentAt }) => sentAt >= (seen[0]?.at ?? 0) && sentAt < minutes(10)
            )
            assert.isBelow(probing.length, perSecond * 600)
          })
        )
    )
  }

  // (neurolink#899)
  it.effect(
    "pain 17: while it is open the queue waits: no attempt is used up, no time counts",
    () =>
      Stack.virtually(
        Stack.scripted((_, n) => (n < 40 ? status(503) : delayed(answer("ok"), "1 second")), {
          limits: { maxInFlight: 20 },
          breaker: {
            minOpen: Duration.hours(10),
            maxOpen: Duration.hours(10),
            maxOutage: Duration.infinity
          },
          retry: { maxAttempts: 4, totalTimeout: Duration.minutes(5) }
        }),
        Effect.gen(function* () {
          const seen = yield* watching
          const { exchanges } = yield* Stack.Door
          const { answered, kept, report } = yield* Stack.deliver(Stack.questions(1_000))
          const [from = 0, to = 0] = spans(seen, "open")[0] ?? []
          // Far longer than the total time of an item.
          assert.isAbove(to - from, minutes(30))
          assert.strictEqual(
            exchanges.filter((each) => each.sentAt > from && each.sentAt < to).length,
            0
          )
          assert.strictEqual(answered, 1_000)
          const attempts = kept.map((each) =>
            each._tag === "Answered" ? each.response.attempts : 0
          )
          assert.strictEqual(
            attempts.reduce((sum, each) => sum + each, 0),
            exchanges.length
          )
          assert.strictEqual(report?.requests.sent, exchanges.length)
          assert.isAtMost(exchanges.length, 1_040)
        })
      )
  )
})

describe("a long outage", () => {
  it.effect(
    "pain 17: its probes use up nobody's attempts: after a quarter of an hour nothing is lost",
    () =>
      Stack.virtually(
        Stack.over(provider("outage=1s..15m"), { limits: { ...Stack.plenty, maxInFlight: 10 } }),
        Effect.gen(function* () {
          const { answered, kept, report } = yield* Stack.deliver(Stack.questions(40))
          assert.strictEqual(answered, 40)
          assert.isAbove(report?.elapsedSeconds ?? 0, 890)
          // Some have probed it far more often than the six times that an item may try.
          const attempts = kept.map((each) => (each._tag === "Failed" ? 0 : each.response.attempts))
          assert.isAbove(Math.max(...attempts), 6)
        })
      )
  )
})

describe("generations and leases", () => {
  /**
   * Ten calls take 90 s; meanwhile the provider breaks and the circuit opens. What is sent from 60 s on probes it, and
   * takes as long as `probe` says.
   */
  const late = (early: Scripted.Step, probe: Duration.Input): Scripted.Script => {
    let begun: number | undefined
    return (_, n) =>
      Effect.clockWith((clock) =>
        Effect.map(clock.currentTimeMillis, (now) => {
          begun ??= now
          if (n < 10) return delayed(early, "90 seconds")
          return now - begun < 60_000 ? status(503) : delayed(answer("ok"), probe)
        })
      )
  }

  for (const [name, early] of [
    ["success", answer("late")],
    ["failure", status(500)]
  ] as const) {
    // (opossum, cockatiel, Polly)
    it.effect(
      `pain 18: a late ${name} from before the break does not move the half-open state`,
      () =>
        Stack.virtually(
          Stack.scripted(late(early, "2 minutes"), {
            limits: { maxInFlight: 30 },
            retry: { maxAttempts: 20 }
          }),
          Effect.gen(function* () {
            const seen = yield* watching
            const { exchanges } = yield* Stack.Door
            const { answered } = yield* Stack.deliver(Stack.questions(200))
            assert.strictEqual(answered, 200)
            const home = exchanges.slice(0, 10).map((each) => each.endedAt)
            assert.deepStrictEqual(home, Array(10).fill(90_000))
            const half = spans(seen, "half-open").find(
              ([from = 0, to = 0]) => from < 90_000 && to > 90_000
            )
            assert.isDefined(half, "the late ones came home while it was half open")
            // It closed by probes of its own, which took two minutes, and by nothing else.
            const [from = 0, to = 0] = half ?? []
            assert.isAtLeast(to - from, minutes(2))
            assert.strictEqual(ways(seen).at(-1), "half-open → closed")
            const probes = exchanges.filter(
              ({ endedAt, sentAt }) => sentAt >= from && endedAt === to
            )
            assert.isAtLeast(probes.length, 1)
          })
        )
    )
  }

  // (resilience4j#935, Polly#1979)
  it.effect(
    "pain 19: probes that never come back lose their lease: it is not half open for ever",
    () =>
      Stack.virtually(
        Stack.scripted((_, n) => (n < 30 ? status(503) : n < 33 ? hang : answer("ok")), {
          limits: { maxInFlight: 30 },
          breaker: { probeLease: Duration.seconds(20) },
          retry: { attemptTimeout: Duration.hours(2), totalTimeout: Duration.hours(4) }
        }),
        Effect.gen(function* () {
          const seen = yield* watching
          const { exchanges } = yield* Stack.Door
          const run = yield* Effect.forkChild(Stack.deliver(Stack.questions(100)))
          yield* Effect.sleep("5 minutes")
          // All but the three that hang for two hours.
          assert.strictEqual(exchanges.filter(({ status }) => status === 200).length, 97)
          for (const [from = 0, to = 0] of spans(seen, "half-open"))
            assert.isAtMost(to - from, 20_000)
          assert.strictEqual(ways(seen).at(-1), "half-open → closed")
          const { answered } = yield* Fiber.join(run)
          assert.strictEqual(answered, 100)
        })
      )
  )
})
