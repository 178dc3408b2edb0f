import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import * as Machine from "spillway/circuit-breaker/BreakerMachine"
import * as State from "spillway/circuit-breaker/BreakerState"
import type { CallResult } from "spillway/circuit-breaker/CircuitBreaker"
import { type CircuitBreakerSettings, defaults } from "spillway/config/CircuitBreakerConfig"

const rulesOf = (over: Partial<CircuitBreakerSettings> = {}) =>
  State.rules({ ...defaults, minimumCalls: 4, ...over })

const rules = rulesOf()

/** A machine with a clock that the test moves. */
const start = (using: State.Rules = rules, random = 1) => {
  let state = State.initial
  let now = 1_000_000
  const at = (event: Machine.Event) => {
    const step = Machine.transition(using, state, event, now, random)
    state = step.state
    return step.pass
  }
  const end = (pass: State.Pass | undefined, result: CallResult) => {
    assert.isDefined(pass)
    if (pass !== undefined) at({ _tag: "Result", pass, result })
  }
  const name = () => {
    at({ _tag: "Tick" })
    return State.nameOf(state)
  }
  return {
    ask: () => at({ _tag: "Ask" }),
    end,
    call: (result: CallResult) => end(at({ _tag: "Ask" }), result),
    force: (to: "open" | "closed" | "disabled" | "automatic") => at({ _tag: "Force", to }),
    pass: (millis: number) => {
      now += millis
    },
    name,
    state: () => state,
    now: () => now,
    breakIt: () => {
      for (let i = 0; i < using.minimumCalls; i++) end(at({ _tag: "Ask" }), "failure")
      assert.strictEqual(name(), "open")
    }
  }
}

describe("closed", () => {
  it("opens at the failure rate, not before the minimum of calls", () => {
    const machine = start()
    for (const result of ["failure", "success", "failure"] as const) machine.call(result)
    assert.strictEqual(machine.name(), "closed")
    machine.call("success")
    assert.strictEqual(machine.name(), "open")
  })

  it("only failures count: throttles and cancellations move nothing (row 16)", () => {
    const machine = start()
    for (let i = 0; i < 1000; i++) machine.call(i % 2 === 0 ? "throttle" : "neutral")
    assert.strictEqual(machine.name(), "closed")
  })

  it("forgets failures that are older than the window", () => {
    const machine = start()
    for (let i = 0; i < 3; i++) machine.call("failure")
    machine.pass(60_001)
    machine.call("failure")
    assert.strictEqual(machine.name(), "closed")
  })

  it("opens when too many calls are slow, although they succeed", () => {
    const machine = start(rulesOf({ slowCall: Duration.seconds(5), slowCallRate: 0.5 }))
    for (let i = 0; i < 4; i++) {
      const pass = machine.ask()
      machine.pass(i < 2 ? 5001 : 10)
      machine.end(pass, "success")
    }
    assert.strictEqual(machine.name(), "open")
  })
})

describe("open", () => {
  it("lets nothing through until its time is over", () => {
    const machine = start()
    machine.breakIt()
    machine.pass(999)
    assert.isUndefined(machine.ask())
    machine.pass(1)
    assert.isDefined(machine.ask())
    assert.strictEqual(machine.name(), "half-open")
  })

  it("stays open longer each time, up to its maximum, by a random part of that", () => {
    for (const random of [1, 0.25]) {
      const machine = start(rules, random)
      machine.breakIt()
      const times: Array<number> = []
      for (let i = 0; i < 9; i++) {
        const state = machine.state()
        times.push(state._tag === "Open" ? state.until - machine.now() : Number.NaN)
        machine.pass(60_000)
        machine.call("failure")
      }
      const expected = [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000 * random)
      assert.deepStrictEqual(times, expected)
    }
  })
})

describe("half open", () => {
  it("admits the set number of probes, and one more for each that comes back (row 16)", () => {
    const machine = start()
    machine.breakIt()
    machine.pass(1000)
    const probes = [machine.ask(), machine.ask(), machine.ask()]
    assert.isUndefined(machine.ask())
    machine.end(probes[0], "neutral")
    assert.isDefined(machine.ask())
    assert.isUndefined(machine.ask())
  })

  it("closes after enough successes, and opens at one failure", () => {
    const machine = start()
    machine.breakIt()
    machine.pass(1000)
    for (let i = 0; i < 3; i++) machine.call("success")
    assert.strictEqual(machine.name(), "closed")
    machine.breakIt()
    machine.pass(2000)
    machine.call("success")
    machine.call("failure")
    assert.strictEqual(machine.name(), "open")
  })

  it("a late result from before the break moves nothing (row 18)", () => {
    const machine = start()
    const late = [...Array(10)].map(() => machine.ask())
    machine.breakIt()
    machine.pass(1000)
    const probe = machine.ask()
    for (const pass of late.slice(0, 5)) machine.end(pass, "success")
    for (const pass of late.slice(5)) machine.end(pass, "failure")
    assert.strictEqual(machine.name(), "half-open")
    machine.end(probe, "success")
    machine.call("success")
    machine.call("success")
    assert.strictEqual(machine.name(), "closed")
  })

  it("a probe that never comes back ends its lease, and half-open with it (row 19)", () => {
    const machine = start()
    machine.breakIt()
    machine.pass(1000)
    const lost = machine.ask()
    machine.pass(Duration.toMillis(defaults.probeLease) - 1)
    assert.strictEqual(machine.name(), "half-open")
    machine.pass(1)
    assert.strictEqual(machine.name(), "open")
    machine.end(lost, "success")
    assert.strictEqual(machine.name(), "open")
  })

  it("a slow probe does not show that the upstream is well", () => {
    const machine = start(rulesOf({ slowCall: Duration.seconds(5), slowCallRate: 0.5 }))
    machine.breakIt()
    machine.pass(1000)
    const probe = machine.ask()
    machine.pass(5001)
    machine.end(probe, "success")
    assert.strictEqual(machine.name(), "open")
  })
})

describe("after closing", () => {
  const closed = () => {
    const machine = start()
    machine.breakIt()
    machine.pass(1000)
    for (let i = 0; i < 3; i++) machine.call("success")
    return machine
  }
  const takeAll = (machine: ReturnType<typeof start>) => {
    let taken = 0
    while (taken < 10_000 && machine.ask() !== undefined) taken++
    return taken
  }

  it("ramps what may go at once: twice the probes, doubling every second, free after ten", () => {
    const machine = closed()
    assert.strictEqual(takeAll(machine), 6)
    machine.pass(1000)
    assert.strictEqual(takeAll(machine), 6)
    machine.pass(2000)
    assert.strictEqual(takeAll(machine), 36)
    machine.pass(7000)
    assert.strictEqual(takeAll(machine), 10_000)
  })

  it("counts an early relapse as the next opening, a late one as the first", () => {
    const early = closed()
    early.breakIt()
    const state = early.state()
    assert.strictEqual(state._tag === "Open" ? state.until - early.now() : 0, 2000)
    const late = closed()
    late.pass(10_000)
    late.breakIt()
    const first = late.state()
    assert.strictEqual(first._tag === "Open" ? first.until - late.now() : 0, 1000)
  })
})

describe("by hand", () => {
  it("forces each state, and goes back to closed with automatic", () => {
    const machine = start()
    machine.force("open")
    assert.strictEqual(machine.name(), "forced-open")
    assert.isUndefined(machine.ask())
    machine.pass(1e9)
    assert.isUndefined(machine.ask())
    for (const to of ["closed", "disabled"] as const) {
      machine.force(to)
      for (let i = 0; i < 100; i++) machine.call("failure")
      assert.strictEqual(machine.name(), to === "closed" ? "forced-closed" : "disabled")
    }
    machine.force("automatic")
    assert.strictEqual(machine.name(), "closed")
    machine.breakIt()
    machine.force("automatic")
    assert.strictEqual(machine.name(), "open")
  })
})

/** Numbers in [0, 1) from a seed (mulberry32). */
const seeded = (seed: number) => {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Commands at random, with latencies up to 10 minutes; throws at the first rule that is broken. */
const play = (seed: number, commands: number, visited: Set<string>) => {
  const random = seeded(seed)
  const int = (most: number) => Math.floor(random() * most)
  const pick = <A>(first: A, ...others: ReadonlyArray<A>): A =>
    others[int(others.length + 1) - 1] ?? first
  const limits = rulesOf({
    minimumCalls: 1 + int(10),
    probes: 1 + int(4),
    successesToClose: 1 + int(4),
    failureRate: random(),
    slowCall: Duration.seconds(1 + int(300)),
    slowCallRate: random(),
    probeLease: Duration.seconds(1 + int(200))
  })
  let state = State.initial
  let now = int(1e9)
  /** What callers hold. */
  const out: Array<State.Pass> = []
  const command = (): Machine.Event => {
    const chance = random()
    if (chance < 0.4) return { _tag: "Ask" }
    const [pass] = chance < 0.8 && out.length > 0 ? out.splice(int(out.length), 1) : []
    if (pass !== undefined) {
      const result = pick<CallResult>("success", "success", "failure", "throttle", "neutral")
      return { _tag: "Result", pass, result }
    }
    if (chance < 0.97) {
      now += pick(1, 50, 1000, 20_000, 600_000) * random()
      return { _tag: "Tick" }
    }
    const to = pick("automatic", "automatic", "open", "closed", "disabled")
    return { _tag: "Force", to }
  }
  for (let i = 0; i < commands; i++) {
    const rule = (holds: boolean, what: string) => {
      if (!holds) assert.fail(`seed ${seed}, command ${i}: ${what}: ${JSON.stringify(state)}`)
    }
    const event = command()
    const before = Machine.transition(limits, state, { _tag: "Tick" }, now, random()).state
    const room = Machine.room(limits, before, now)
    const step = Machine.transition(limits, before, event, now, random())
    state = step.state
    visited.add(State.nameOf(state))
    if (step.pass !== undefined) out.push(step.pass)
    if (event._tag === "Ask") {
      rule((step.pass !== undefined) === room >= 1, "a pass is given exactly where there is room")
      rule(state.generation === before.generation, "asking changes no mode")
      rule((step.pass?.generation ?? state.generation) === state.generation, "of this generation")
    }
    if (event._tag === "Result" && event.pass.generation !== before.generation)
      rule(state === before, "a result of an older generation moves nothing")
    rule(
      State.nameOf(state) === State.nameOf(before) || state.generation === before.generation + 1,
      "a change of mode is the next generation"
    )
    const held = out.filter((pass) => pass.generation === state.generation)
    if (state._tag === "HalfOpen") {
      const { probes } = state
      rule(probes.length <= limits.probes, "no more probes than allowed")
      const known = probes.every((probe) => held.some((pass) => pass.probe === probe.id))
      rule(known && probes.length === held.length, "places are conserved")
      if (probes.length > 0) {
        const end = now + limits.probeLease
        const later = Machine.transition(limits, state, { _tag: "Tick" }, end, 0.5).state
        rule(later.generation > state.generation, "half-open ends within the lease of a probe")
        const change = Machine.nextChange(limits, state, now)
        rule(change !== undefined && change <= end, "and says when")
      }
    }
    if (state._tag === "Closed" && state.ramp !== undefined)
      rule(state.ramp.inFlight === held.length, "places are conserved in the ramp")
    if (state._tag === "Open")
      rule(state.until - now <= limits.maxOpen, "open no longer than the maximum")
  }
}

describe("any sequence of commands", () => {
  it("keeps the rules, over 200,000 of them (rows 18, 19)", () => {
    const visited = new Set<string>()
    for (let seed = 1; seed <= 200; seed++) play(seed, 1000, visited)
    assert.strictEqual(visited.size, 6)
  })
})
