/** Any sequence of commands, with latencies up to 10 minutes, keeps the rules of the breaker's machine. */
import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import * as fc from "fast-check"
import * as Machine from "spillway/circuit-breaker/BreakerMachine"
import * as State from "spillway/circuit-breaker/BreakerState"
import type { CallResult } from "spillway/circuit-breaker/CircuitBreaker"
import { type CircuitBreakerSettings, defaults } from "spillway/config/CircuitBreakerConfig"
import { COMMANDS, lists, playAll, SEED } from "./model.ts"

type Command =
  | { readonly _tag: "Ask" }
  /** One of the calls that are out, by its place among them from 0 to 1, comes back. */
  | { readonly _tag: "Result"; readonly which: number; readonly result: CallResult }
  | { readonly _tag: "Wait"; readonly millis: number }
  | Extract<Machine.Event, { readonly _tag: "Force" }>

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 40, arbitrary: fc.constant<Command>({ _tag: "Ask" }) },
  {
    weight: 40,
    arbitrary: fc.record({
      _tag: fc.constant("Result" as const),
      which: share,
      result: fc.constantFrom<CallResult>("success", "success", "failure", "throttle", "neutral")
    })
  },
  {
    weight: 17,
    arbitrary: fc.record({
      _tag: fc.constant("Wait" as const),
      millis: fc.oneof(fc.nat(50), fc.nat(3_000), fc.nat(20_000), fc.nat(600_000))
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      _tag: fc.constant("Force" as const),
      to: fc.constantFrom("automatic", "open", "closed", "disabled", "automatic")
    })
  }
)

const seconds = (most: number) =>
  fc.integer({ min: 1, max: most }).map((count) => Duration.seconds(count))

const settings: fc.Arbitrary<CircuitBreakerSettings> = fc.record({
  window: seconds(120),
  minimumCalls: fc.integer({ min: 1, max: 10 }),
  failureRate: fc.double({ min: 0.01, max: 1, noNaN: true }),
  slowCall: seconds(300),
  slowCallRate: fc.double({ min: 0.01, max: 1, noNaN: true }),
  minOpen: seconds(5),
  maxOpen: seconds(60).map((more) => Duration.sum(more, Duration.seconds(5))),
  probes: fc.integer({ min: 1, max: 4 }),
  successesToClose: fc.integer({ min: 1, max: 4 }),
  probePatience: seconds(30),
  probeLease: seconds(200),
  maxOutage: fc.constant(defaults.maxOutage),
  whileOpen: fc.constant(defaults.whileOpen),
  maxWaiting: fc.constant(defaults.maxWaiting)
})

/** Throws at the first rule that is broken. */
const play = (
  rules: State.Rules,
  commands: ReadonlyArray<Command>,
  random: number,
  visited: Set<string>
): number => {
  let state = State.initial
  let now = 1_000_000
  /** What callers hold. */
  const out: Array<State.Pass> = []
  const eventOf = (next: Command): Machine.Event => {
    switch (next._tag) {
      case "Result": {
        const [pass] = out.splice(Math.floor(next.which * out.length), 1)
        return pass === undefined ? { _tag: "Tick" } : { _tag: "Result", pass, result: next.result }
      }
      case "Wait":
        now += next.millis
        return { _tag: "Tick" }
      default:
        return next
    }
  }
  const tickAt = (from: State.State, time: number) =>
    Machine.transition(rules, from, { _tag: "Tick" }, time, random).state
  for (const [index, next] of commands.entries()) {
    const event = eventOf(next)
    const before = tickAt(state, now)
    const rule = (holds: boolean, what: string) => {
      if (!holds) assert.fail(`command ${index}: ${what}: ${JSON.stringify({ before, state })}`)
    }
    rule(
      before === state || before.generation > state.generation || before._tag === "Closed",
      "time does nothing else than change the mode, or end the ramp"
    )
    rule(before.generation <= state.generation + 1, "one mode at a time")
    const room = Machine.room(rules, before, now)
    const { pass, state: after } = Machine.transition(rules, before, event, now, random)
    state = after
    visited.add(State.nameOf(state))
    if (pass !== undefined) out.push(pass)
    rule(
      State.nameOf(state) === State.nameOf(before) || state.generation === before.generation + 1,
      "a change of mode is the next generation"
    )
    if (event._tag === "Ask") {
      rule((pass !== undefined) === room >= 1, "a pass is given exactly where there is room")
      rule(before._tag !== "Open" || pass === undefined, "none while open")
      rule(state.generation === before.generation, "asking changes no mode")
      rule((pass?.generation ?? state.generation) === state.generation, "of this generation")
    }
    if (event._tag === "Result" && event.pass.generation !== before.generation)
      rule(state === before, "a result of an older generation moves nothing")
    if (before._tag === "Forced" && event._tag !== "Force")
      rule(
        State.nameOf(state) === State.nameOf(before) && state.generation === before.generation,
        "a forced state holds"
      )
    const held = out.filter((call) => call.generation === state.generation)
    const asked = Machine.nextPass(rules, state, now)
    if (State.nameOf(state) !== "forced-open")
      rule(asked !== undefined && asked < now + 1e7, "who is refused is told when to come again")
    if (state._tag === "HalfOpen") {
      const { heardAt, probes, until } = state
      const fresh = probes.filter((probe) => now < probe.at + rules.probePatience)
      rule(fresh.length <= rules.probes, "no more probes at once than allowed")
      const unheard = probes.filter((probe) => probe.at >= heardAt)
      const most = 2 * rules.probes + Math.ceil(rules.probeLease / rules.probePatience)
      rule(unheard.length <= most, "a bounded number hangs")
      const known = probes.every((probe) => held.some((call) => call.number === probe.number))
      rule(known && probes.length === held.length, "places are conserved")
      if (probes.length > 0) {
        const end = now + rules.probeLease
        rule(until !== undefined && until <= end, "half-open has an end")
        rule(tickAt(state, end).generation > state.generation, "and ends within the lease")
        rule((Machine.nextChange(rules, state, now) ?? Infinity) <= end, "and says when")
      }
    }
    if (state._tag === "Closed" && state.ramp !== undefined)
      rule(state.ramp.inFlight === held.length, "places are conserved in the ramp")
    if (state._tag === "Open")
      rule(state.until - now <= rules.maxOpen, "open no longer than the maximum")
    rule(
      State.rates(rules, state, now + rules.window).calls === 0,
      "the window forgets what is older than it"
    )
  }
  return commands.length
}

describe("the breaker", () => {
  it(`keeps its rules over ${COMMANDS} commands from seed ${SEED} (rows 18, 19)`, () => {
    const visited = new Set<string>()
    const longest = seconds(600)
    playAll(
      fc.tuple(settings, longest, lists(command), share),
      ([given, limit, commands, random]) =>
        play(State.rules(given, limit), commands, random, visited)
    )
    assert.strictEqual(visited.size, 6)
  }, 120_000)
})
