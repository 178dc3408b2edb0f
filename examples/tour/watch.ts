/**
 * Limiter and breaker, watched while a provider is down for its first two seconds: every change of the circuit, the pool once a second,
 * and at the end the metrics that an exporter would send. Explained in `admission.md`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer, Stream } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { CircuitBreaker, GenerateRequest, RateLimiter, Run } from "spillway"
import * as PoolMetrics from "spillway/layers/metrics/PoolMetrics"
import * as Offline from "spillway/layers/presets/Offline"
import * as Faults from "spillway/simulator/Faults"

const questions = Run.make({
  name: "questions",
  request: (n: number) =>
    GenerateRequest.make({
      model: "gpt-4o-mini",
      prompt: `What is special about the number ${n}?`,
      maxOutputTokens: 400
    })
})

const watch = Effect.gen(function* () {
  const limiter = yield* RateLimiter.RateLimiter
  const breaker = yield* CircuitBreaker.CircuitBreaker
  const circuit = breaker.transitions.pipe(
    Stream.map(({ from, key, to }) => `${key}: the circuit was ${from} and is ${to}`)
  )
  const pools = limiter.changes.pipe(
    Stream.throttle({
      cost: (states) => states.length,
      units: 1,
      duration: "1 second",
      strategy: "enforce"
    }),
    Stream.map(
      ({ inFlight, pool, tokens, waiting }) =>
        `${pool}: ${Math.round(tokens.level ?? 0)} of ${tokens.limit} tokens, ${waiting} waiting, ${inFlight} in flight`
    )
  )
  yield* Stream.merge(circuit, pools).pipe(Stream.runForEach(Console.log), Effect.forkScoped)
})

const program = Effect.gen(function* () {
  yield* watch
  const report = yield* Run.deliver(questions, Stream.range(1, 150), () => Effect.void)
  yield* Console.log(`${report.requests.answered} answered, ${report.requests.failed} failed`)
  const metrics = yield* PrometheusMetrics.format()
  const lines = metrics.split("\n").filter((line) => /^spillway_circuit_transitions/.test(line))
  yield* Console.log(lines.join("\n"))
}).pipe(Effect.scoped)

const provider = Offline.layer({
  seed: 5,
  limits: { requestsPerMinute: 1_000, tokensPerMinute: 180_000 },
  latency: 0.2,
  faults: { ...Faults.none, outages: [{ during: { from: 0, to: 2_000 }, as: "503" }] }
})

program.pipe(
  Effect.provide(PoolMetrics.layer().pipe(Layer.provideMerge(provider))),
  NodeRuntime.runMain
)
