/** Runs one client through one scenario, in virtual time, and says what came of it. */
import { Clock, Duration, Effect, Exit, Fiber, Random } from "effect"
import type { Client } from "./Client.ts"
import * as GlobalTime from "./GlobalTime.ts"
import * as Outcome from "./Outcome.ts"
import type { Scenario } from "./Scenario.ts"
import * as VirtualTime from "./VirtualTime.ts"
import * as Wire from "./Wire.ts"

const monotonic = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)

/** Until the scenario's time is over, even where the client ends by itself, as it does where its run is stopped. */
const play = (client: Client, scenario: Scenario, seed: number) =>
  Effect.gen(function* () {
    const steady = yield* Clock.Clock
    const { wallJumps } = scenario
    const clock = wallJumps.length === 0 ? steady : VirtualTime.withWallJumps(steady, wallJumps)
    const startedAt = yield* monotonic
    const { stats, traffic, wire } = yield* Wire.make(scenario, seed)
    const running = yield* client
      .run(wire, scenario.known)
      .pipe(Effect.scoped, Effect.provideService(Clock.Clock, clock), Effect.forkChild)
    const ended = yield* Effect.timeoutOption(Fiber.await(running), Duration.millis(scenario.lasts))
    // Whoever ends early has left the rest of the time unused.
    if (ended._tag === "Some")
      yield* Effect.sleep(Math.max(0, startedAt + scenario.lasts - (yield* monotonic)))
    // What is in flight now has not been measured to its end; ending the client must not change what was.
    const until = (yield* monotonic) - startedAt
    const figures = Outcome.figures(scenario, traffic, stats(), until)
    yield* Fiber.interrupt(running)
    if (ended._tag === "Some" && Exit.isFailure(ended.value)) {
      return yield* Effect.failCause(ended.value.cause)
    }
    return { figures, virtualSeconds: Math.round(until / 1_000) }
  })

export const run = Effect.fnUntraced(function* (client: Client, scenario: Scenario, seed: number) {
  const startedAt = performance.now()
  const time = client.time === "clock" ? VirtualTime : GlobalTime
  const { figures, virtualSeconds } = yield* time.run(
    Random.withSeed(play(client, scenario, seed), seed)
  )
  const wallSeconds = Number(((performance.now() - startedAt) / 1_000).toFixed(2))
  const about = { client: client.name, seed, virtualSeconds, wallSeconds }
  return Outcome.make(about, scenario, figures)
})
