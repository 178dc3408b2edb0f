import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import * as Machine from "spillway/circuit-breaker/BreakerMachine"
import * as State from "spillway/circuit-breaker/BreakerState"
import type { CallResult } from "spillway/circuit-breaker/CircuitBreaker"
import * as Probing from "spillway/circuit-breaker/Probing"
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
    for (const result of ["failure", "success", "failure"] as const) machine.call(result)
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

describe("an outage after a time full of successes", () => {
  /** A minute of calls, ten a second, that take 3 s each, and so many more that are still out. */
  const busy = (): { machine: ReturnType<typeof start>; out: Array<State.Pass | undefined> } => {
    const machine = start(rulesOf({ minimumCalls: 20 }))
    const out: Array<State.Pass | undefined> = []
    for (let i = 0; i < 600; i++) {
      out.push(machine.ask())
      if (out.length > 30) machine.end(out.shift(), "success")
      machine.pass(100)
    }
    return { machine, out }
  }

  it("opens it after the minimum of calls in a row, although the window is full of successes", () => {
    const { machine } = busy()
    for (let i = 0; i < 19; i++) machine.call("failure")
    assert.strictEqual(machine.name(), "closed")
    machine.call("failure")
    assert.strictEqual(machine.name(), "open")
  })

  it("is noticed where a few calls hang a minute each, and the window never has enough", () => {
    const machine = start(rulesOf({ minimumCalls: 20 }))
    let hung = [...Array(12)].map(() => machine.ask())
    machine.pass(60_001)
    hung = hung.map((pass) => {
      machine.end(pass, "failure")
      return machine.ask()
    })
    assert.strictEqual(machine.name(), "closed")
    machine.pass(60_001)
    for (const pass of hung) machine.end(pass, "failure")
    assert.strictEqual(machine.name(), "open")
  })

  it("is not thought to be over when answers from before it come in", () => {
    const { machine, out } = busy()
    let calls = 0
    for (const pass of out.splice(0)) {
      if (machine.name() === "open") break
      machine.call("failure")
      machine.end(pass, "success")
      calls++
    }
    assert.strictEqual(machine.name(), "open")
    assert.strictEqual(calls, 20)
  })

  it("that is over does not open it when the calls that hung in it time out", () => {
    const { machine } = busy()
    const hung = [...Array(30)].map(() => machine.ask())
    for (let i = 0; i < 50; i++) {
      machine.call("success")
      machine.pass(1000)
    }
    for (const pass of hung) machine.end(pass, "failure")
    assert.strictEqual(machine.name(), "closed")
  })

  it("is told from an upstream that fails half its calls, fails fast and answers slowly", () => {
    const { machine, out } = busy()
    for (let i = 0; i < 200; i++) {
      machine.call("failure")
      out.push(machine.ask())
      machine.end(out.shift(), "success")
      machine.pass(50)
    }
    assert.strictEqual(machine.name(), "closed")
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
        machine.pass(5_000)
        machine.call("failure")
      }
      const expected = [1, 2, 4, 5, 5, 5, 5, 5, 5].map((seconds) => seconds * 1000 * random)
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

  it("stays half open where a probe fails by chance and the others are still out", () => {
    const machine = start()
    machine.breakIt()
    machine.pass(1000)
    const [first, second, third] = [machine.ask(), machine.ask(), machine.ask()]
    machine.end(first, "failure")
    assert.strictEqual(machine.name(), "half-open")
    // The failed one keeps its place for a while: an upstream that refuses at once sees no more probes for it.
    assert.isUndefined(machine.ask())
    machine.end(second, "success")
    machine.end(third, "success")
    machine.call("success")
    assert.strictEqual(machine.name(), "closed")
  })

  it("opens when as many probes fail as would open it while closed", () => {
    const machine = start()
    machine.breakIt()
    machine.pass(1000)
    const probes = [machine.ask(), machine.ask(), machine.ask()]
    machine.end(probes[0], "failure")
    machine.end(probes[1], "failure")
    assert.strictEqual(machine.name(), "open")
  })

  it("closes after enough successes, and opens when half of the probes have failed", () => {
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

  it("a lease without a success ends half-open: never for ever (row 19)", () => {
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
    const machine = start(rulesOf({ slowCall: Duration.seconds(1), slowCallRate: 0.5 }))
    machine.breakIt()
    machine.pass(1000)
    const probe = machine.ask()
    machine.pass(1001)
    machine.end(probe, "success")
    assert.strictEqual(machine.name(), "open")
  })
})

describe("a silent probe", () => {
  const rules = State.rules({ ...defaults, minimumCalls: 4 }, Duration.seconds(60))
  const halfOpen = () => {
    const machine = start(rules)
    machine.breakIt()
    machine.pass(1000)
    return machine
  }
  const takeAll = (machine: ReturnType<typeof start>) => {
    let taken = 0
    while (machine.ask() !== undefined) taken++
    return taken
  }

  it("gives its place to another after its patience, one every 2.5 s", () => {
    const machine = halfOpen()
    assert.strictEqual(takeAll(machine), 3)
    machine.pass(2499)
    assert.strictEqual(takeAll(machine), 0)
    machine.pass(1)
    assert.strictEqual(takeAll(machine), 1)
    machine.pass(2499)
    assert.strictEqual(takeAll(machine), 0)
    machine.pass(1)
    assert.strictEqual(takeAll(machine), 1)
  })

  it("never has more than 27 others beside it in the minute that a call may take", () => {
    const machine = halfOpen()
    let out = 0
    for (let millis = 0; millis < 60_000; millis += 100) {
      out += takeAll(machine)
      machine.pass(100)
    }
    assert.strictEqual(out, 26)
  })

  it("moves nothing when it fails: its silence has counted already", () => {
    const machine = halfOpen()
    const hung = machine.ask()
    machine.pass(10_000)
    const next = machine.ask()
    machine.end(hung, "failure")
    assert.strictEqual(machine.name(), "half-open")
    machine.end(next, "failure")
    assert.strictEqual(machine.name(), "open")
  })

  it("counts when it succeeds: a model may take longer than the patience", () => {
    const machine = halfOpen()
    const probes = [machine.ask(), machine.ask(), machine.ask()]
    machine.pass(51_200)
    for (const probe of probes) machine.end(probe, "success")
    assert.strictEqual(machine.name(), "closed")
  })

  it("holds nobody up any more once another has succeeded", () => {
    const machine = halfOpen()
    takeAll(machine)
    machine.pass(2500)
    const good = machine.ask()
    machine.pass(1000)
    machine.end(good, "success")
    assert.strictEqual(takeAll(machine), 3)
  })

  it("is waited for the longer, the longer a call may take: as many hang at most", () => {
    const slow = State.rules(defaults, Duration.minutes(10))
    assert.strictEqual(Probing.spacing(slow, undefined), 25_000)
    assert.strictEqual(Probing.spacing(rules, undefined), 2_500)
  })

  it("is taken to hang for as long as the calls before it did, where that is less", () => {
    const machine = start(rulesOf({ minimumCalls: 4 }))
    const hung = [...Array(4)].map(() => machine.ask())
    machine.pass(60_000)
    for (const pass of hung) machine.end(pass, "failure")
    machine.pass(1000)
    assert.strictEqual(takeAll(machine), 3)
    machine.pass(2499)
    assert.strictEqual(takeAll(machine), 0)
    machine.pass(1)
    assert.strictEqual(takeAll(machine), 1)
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
