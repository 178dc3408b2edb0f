/**
 * The circuits of one process: a state of `BreakerMachine.ts` for each key, at most one timer a circuit, and those who
 * wait for one. The layer around it is `MemoryCircuitBreaker.ts`.
 *
 * Waiting reserves nothing, so the woken may never come: they may be interrupted, or wait for quota. As many are invited
 * as could go now, and where they have not asked after a second, others are invited in their place.
 */
import { type Clock, Duration, Effect, type Exit, type Fiber, type Random } from "effect"
import {
  type Event,
  nextChange,
  retryAfter,
  room,
  transition
} from "../../src/circuit-breaker/BreakerMachine.ts"
import { nameOf, type Pass, type Rules, rules } from "../../src/circuit-breaker/BreakerState.ts"
import {
  type CallResult,
  CircuitOpen,
  type CircuitSnapshot,
  type CircuitState,
  type Transition
} from "../../src/circuit-breaker/CircuitBreaker.ts"
import type { CircuitBreakerSettings } from "../../src/config/CircuitBreakerConfig.ts"
import type { RunSignal } from "../../src/run/RunSignal.ts"
import { WakeList } from "../internal/WakeList.ts"
import * as Circuit from "./Circuit.ts"

/** Milliseconds after which an invitation that nobody took up is given to another. */
const INVITATION = 1_000

export interface Surroundings {
  readonly clock: Clock.Clock
  readonly random: Random.Random
  readonly fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  readonly publish: (transition: Transition) => void
}

export class Circuits {
  private readonly circuits = new Map<string, Circuit.Circuit>()
  private readonly awake = new WakeList()
  private readonly settings: CircuitBreakerSettings
  private readonly rules: Rules
  private readonly around: Surroundings

  /** @param longest that a call can take */
  constructor(settings: CircuitBreakerSettings, longest: Duration.Duration, around: Surroundings) {
    this.settings = settings
    this.rules = rules(settings, longest)
    this.around = around
  }

  readonly ready = (key: string, run: RunSignal, model: string, size = 0): Circuit.Outcome =>
    Effect.suspend((): Circuit.Outcome => {
      const stop = run.stopped(model)
      if (stop !== undefined) return Effect.fail(stop)
      const circuit = this.circuitOf(key)
      const now = this.now()
      this.step(circuit, { _tag: "Tick" }, now)
      const free = this.free(circuit, now)
      if (free === Number.POSITIVE_INFINITY) return Effect.void
      if (free >= 1 && circuit.waiters.size === 0) {
        this.invite(circuit, now)
        return Effect.void
      }
      const { maxWaiting, whileOpen } = this.settings
      if (whileOpen === "fail" || circuit.waiters.size >= maxWaiting)
        return Effect.fail(this.refusal(circuit, now))
      const open = circuit.state._tag === "Open"
      const outage = open ? Circuit.outage(circuit, this.settings.maxOutage, now) : undefined
      if (outage !== undefined) run.stop(outage, model)
      const stopped = run.stopped(model)
      if (stopped !== undefined) return Effect.fail(stopped)
      return this.wait(circuit, run, model, size)
    })

  readonly protect = <A, E, R>(
    key: string,
    call: Effect.Effect<A, E, R>,
    classify: (exit: Exit.Exit<A, E>) => CallResult
  ): Effect.Effect<A, E | CircuitOpen, R> =>
    Effect.uninterruptibleMask((restore) => {
      const circuit = this.circuitOf(key)
      const now = this.now()
      circuit.invited = Math.max(0, circuit.invited - 1)
      const pass = this.step(circuit, { _tag: "Ask" }, now)
      if (pass === undefined) return Effect.fail(this.refusal(circuit, now))
      return Effect.onExitPrimitive(restore(call), (exit) => {
        this.step(
          circuit,
          { _tag: "Result", pass, result: Circuit.judge(exit, classify) },
          this.now()
        )
        return undefined
      })
    })

  force(key: string, to: "open" | "closed" | "disabled" | "automatic"): void {
    this.step(this.circuitOf(key), { _tag: "Force", to }, this.now())
  }

  state(key: string): CircuitState {
    const circuit = this.circuitOf(key)
    this.step(circuit, { _tag: "Tick" }, this.now())
    return nameOf(circuit.state)
  }

  snapshot(): ReadonlyArray<CircuitSnapshot> {
    const now = this.now()
    const wall = this.around.clock.currentTimeMillisUnsafe()
    return [...this.circuits.values()].map((circuit) => {
      this.step(circuit, { _tag: "Tick" }, now)
      return Circuit.look(this.rules, circuit, now, wall)
    })
  }

  close(): void {
    for (const circuit of this.circuits.values()) {
      circuit.timer?.fiber.interruptUnsafe()
      circuit.timer = undefined
      for (const waiter of circuit.waiters) this.dismiss(circuit, waiter, Effect.interrupt)
    }
    this.awake.run()
  }

  private now(): number {
    return Number(this.around.clock.monotonicTimeNanosUnsafe()) / 1e6
  }

  private circuitOf(key: string): Circuit.Circuit {
    let circuit = this.circuits.get(key)
    if (circuit === undefined) {
      circuit = Circuit.make(key)
      this.circuits.set(key, circuit)
    }
    return circuit
  }

  private step(circuit: Circuit.Circuit, event: Event, now: number): Pass | undefined {
    const due = nextChange(this.rules, circuit.state, now)
    // What is overdue happens first, so that each change of mode is announced.
    if (due !== undefined && due <= now) this.move(circuit, { _tag: "Tick" }, now)
    return this.move(circuit, event, now)
  }

  private move(circuit: Circuit.Circuit, event: Event, now: number): Pass | undefined {
    const before = circuit.state
    const random = this.around.random.nextDoubleUnsafe()
    const { pass, state } = transition(this.rules, before, event, now, random)
    circuit.state = state
    if (state.generation !== before.generation) {
      circuit.invited = 0
      const at = this.around.clock.currentTimeMillisUnsafe()
      const [from, to] = [nameOf(before), nameOf(state)]
      this.around.publish({ key: circuit.key, from, to, at })
      Circuit.follow(circuit, before, now)
      if (state._tag === "Open") this.giveUp(circuit, now)
    }
    const quiet = state._tag === "Closed" && before._tag === "Closed" && circuit.waiters.size === 0
    if (state !== before && !quiet) this.admit(circuit, now)
    return pass
  }

  /** Wakes as many as could go now, and sets the timer. */
  private admit(circuit: Circuit.Circuit, now: number): void {
    for (const waiter of circuit.waiters) {
      if (this.free(circuit, now) < 1) break
      this.invite(circuit, now)
      this.dismiss(circuit, waiter, Effect.void)
    }
    this.arm(circuit, now)
    this.awake.run()
  }

  private free(circuit: Circuit.Circuit, now: number): number {
    if (now - circuit.invitedAt >= INVITATION) circuit.invited = 0
    return room(this.rules, circuit.state, now) - circuit.invited
  }

  private invite(circuit: Circuit.Circuit, now: number): void {
    circuit.invited++
    circuit.invitedAt = now
  }

  private wait(
    circuit: Circuit.Circuit,
    run: RunSignal,
    model: string,
    size: number
  ): Circuit.Outcome {
    return Effect.callback((resume) => {
      const unlisten = run.onStop(() => {
        const stop = run.stopped(model)
        if (stop === undefined || !circuit.waiters.has(waiter)) return
        this.dismiss(circuit, waiter, Effect.fail(stop))
        this.awake.run()
      })
      const waiter: Circuit.Waiter = { size, run, model, resume, unlisten }
      circuit.waiters.add(waiter)
      this.admit(circuit, this.now())
      return Effect.sync(() => {
        unlisten()
        circuit.waiters.delete(waiter)
      })
    })
  }

  /** Stops the runs that have waited for the end of an outage long enough: that ends their waiting. */
  private giveUp(circuit: Circuit.Circuit, now: number): void {
    const outage = Circuit.outage(circuit, this.settings.maxOutage, now)
    if (outage === undefined) return
    for (const { model, run } of [...circuit.waiters]) run.stop(outage, model)
  }

  private dismiss(
    circuit: Circuit.Circuit,
    waiter: Circuit.Waiter,
    outcome: Circuit.Outcome
  ): void {
    circuit.waiters.delete(waiter)
    waiter.unlisten()
    this.awake.push(() => waiter.resume(outcome))
  }

  private arm(circuit: Circuit.Circuit, now: number): void {
    const waiting = circuit.waiters.size > 0
    const change = nextChange(this.rules, circuit.state, now)
    // A closed circuit's ramp matters only to those who wait for it.
    const due = circuit.state._tag === "Closed" && !waiting ? undefined : change
    const again = waiting && circuit.invited > 0 ? circuit.invitedAt + INVITATION : undefined
    const at = Math.min(due ?? Number.POSITIVE_INFINITY, again ?? Number.POSITIVE_INFINITY)
    if (circuit.timer !== undefined) {
      if (circuit.timer.at === at) return
      circuit.timer.fiber.interruptUnsafe()
      circuit.timer = undefined
    }
    if (at === Number.POSITIVE_INFINITY) return
    const { clock, fork } = this.around
    const delay = Duration.millis(Math.max(1, Math.ceil(at - now)))
    const tick = Effect.sync(() => {
      circuit.timer = undefined
      const due = this.now()
      this.step(circuit, { _tag: "Tick" }, due)
      this.admit(circuit, due)
    })
    circuit.timer = { at, fiber: fork(Effect.andThen(clock.sleep(delay), tick)) }
  }

  private refusal(circuit: Circuit.Circuit, now: number): CircuitOpen {
    const wait = retryAfter(this.rules, circuit.state, now)
    return new CircuitOpen({ key: circuit.key, retryAfter: Duration.millis(wait) })
  }
}
