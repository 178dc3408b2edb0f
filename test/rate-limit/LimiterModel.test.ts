/**
 * Any sequence of commands keeps the rules of the limiter: nothing is lost, nobody waits for ever, the cap holds, and no
 * window gets more than it may. The servers are `ServerModel.ts`'s, which share no code with the limiter.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, type Fiber, Random, Scope } from "effect"
import * as fc from "fast-check"
import { defaults, RateLimitConfig, type RateLimits } from "spillway/config/RateLimitConfig"
import { RunStopped } from "spillway/error/RunStopped"
import * as MemoryRateLimiter from "spillway/layers/rate-limit/MemoryRateLimiter"
import { type Permit, PoolId } from "spillway/rate-limit/RateLimiter"
import * as RunSignal from "spillway/run/RunSignal"
import { COMMANDS, lists, playAll, SEED } from "../circuit-breaker/model.ts"
import * as ServerModel from "./ServerModel.ts"
import { SteppedClock } from "./SteppedClock.ts"

const POOLS = 2
const RUNS = 3
const TOKENS = 10_000
const MINUTE = 60_000
/** Milliseconds within which a rounded time may be early. */
const ROUNDING = 2

type Command =
  | {
      readonly _tag: "Enter"
      readonly pool: number
      readonly run: number
      readonly tokens: number
      readonly lane: "fresh" | "retry"
    }
  /** Of those that are let through, one sends. */
  | { readonly _tag: "Send"; readonly which: number }
  /** Of those that have sent, one hears the head of its answer. */
  | { readonly _tag: "Head"; readonly which: number; readonly broken: boolean }
  /** Of those that are let through or have sent, one is done. */
  | { readonly _tag: "Leave"; readonly which: number }
  /** Of all, one is interrupted, wherever it is. */
  | { readonly _tag: "Interrupt"; readonly which: number }
  | { readonly _tag: "Stop"; readonly run: number }
  /** Somebody else uses the quota. */
  | { readonly _tag: "Neighbour"; readonly pool: number; readonly tokens: number }
  | { readonly _tag: "Limits"; readonly pool: number; readonly factor: number }
  | { readonly _tag: "Wait"; readonly millis: number }

const which = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const pool = fc.nat(POOLS - 1)
const of = <Tag extends Command["_tag"]>(
  tag: Tag,
  weight: number,
  rest: {
    [K in Exclude<keyof Extract<Command, { _tag: Tag }>, "_tag">]: fc.Arbitrary<
      Extract<Command, { _tag: Tag }>[K]
    >
  }
) => ({
  weight,
  arbitrary: fc.record({ _tag: fc.constant(tag), ...rest }) as unknown as fc.Arbitrary<Command>
})

const command = fc.oneof(
  of("Enter", 32, {
    pool,
    run: fc.nat(RUNS - 1),
    tokens: fc.oneof(fc.integer({ min: 1, max: TOKENS / 10 }), fc.nat(2 * TOKENS)),
    lane: fc.constantFrom("fresh", "retry")
  }),
  of("Send", 20, { which }),
  of("Head", 16, { which, broken: fc.nat(9).map((n) => n === 0) }),
  of("Leave", 14, { which }),
  of("Interrupt", 4, { which }),
  of("Stop", 1, { run: fc.nat(RUNS - 1) }),
  of("Neighbour", 2, { pool, tokens: fc.nat(TOKENS) }),
  of("Limits", 1, { pool, factor: fc.constantFrom(0.1, 0.5, 1, 2) }),
  of("Wait", 12, { millis: fc.oneof(fc.nat(50), fc.nat(3_000), fc.nat(MINUTE), fc.nat(600_000)) })
)

const settings: fc.Arbitrary<RateLimits> = fc.record({
  ...(Object.fromEntries(
    Object.entries(defaults).map(([field, value]) => [field, fc.constant(value)])
  ) as { [K in keyof RateLimits]: fc.Arbitrary<RateLimits[K]> }),
  capAtConfigured: fc.boolean(),
  maxInFlight: fc.integer({ min: 1, max: 20 }),
  requestsPerMinute: fc.constantFrom(5, 60, 1_000),
  tokensPerMinute: fc.constant(TOKENS),
  headroom: fc.constantFrom(0, 0.05, 0.5),
  burst: fc.constantFrom(0, 0.3, 1),
  maxWait: fc.constantFrom(Duration.seconds(5), Duration.hours(1)),
  maxQueue: fc.constantFrom(0, 3, 1_000)
})

interface Call {
  readonly pool: number
  readonly tokens: number
  permit: Permit | undefined
  grantedAt: number
  done: () => void
  answer: ServerModel.Answer | undefined
  exit: Exit.Exit<unknown, unknown> | undefined
  fiber: Fiber.Fiber<unknown, unknown> | undefined
}

const stopped = new RunStopped({ why: "interrupted", detail: "Ctrl-C." })

/** @param told whether every answer says what is left; else the limiter finds out itself, and no window is bounded */
const play = (
  given: RateLimits,
  told: boolean,
  commands: ReadonlyArray<Command>,
  seed: number
): number => {
  const clock = new SteppedClock()
  const scope = Scope.makeUnsafe()
  const limiter = Effect.runSync(
    MemoryRateLimiter.make.pipe(
      Scope.provide(scope),
      Effect.provideService(RateLimitConfig, given),
      Effect.provideService(Clock.Clock, clock),
      Random.withSeed(seed)
    )
  )
  const tier = { requestsPerMinute: given.requestsPerMinute, tokensPerMinute: TOKENS }
  const servers = Array.from({ length: POOLS }, () => ServerModel.make(tier, 0))
  const highest = Array.from({ length: POOLS }, () => 1)
  const bounded = Array.from({ length: POOLS }, () => told)
  const sends = Array.from({ length: POOLS }, () => [] as Array<{ at: number; tokens: number }>)
  const runs = Array.from({ length: RUNS }, (_, n) => RunSignal.make({ id: `run ${n}` }))
  let calls: Array<Call> = []
  let at = -1
  const rule = (holds: boolean, what: string) => {
    if (!holds) assert.fail(`command ${at} ${JSON.stringify(commands[at])}: ${what}`)
  }
  const open = () => calls.filter(({ exit }) => exit === undefined)
  const waiting = () => open().filter(({ permit }) => permit === undefined)
  const inside = () => open().filter(({ permit }) => permit !== undefined)

  const enter = (next: Extract<Command, { _tag: "Enter" }>): void => {
    const call: Call = {
      pool: next.pool,
      tokens: next.tokens,
      permit: undefined,
      grantedAt: 0,
      done: () => undefined,
      answer: undefined,
      exit: undefined,
      fiber: undefined
    }
    calls.push(call)
    const demand = {
      pool: PoolId(`pool ${next.pool}`),
      model: "model",
      run: runs[next.run] as RunSignal.RunSignal,
      charge: { requests: 1, tokens: next.tokens },
      lane: next.lane
    }
    call.fiber = Effect.runFork(
      limiter.withPermit(demand, (permit) =>
        Effect.callback<void>((resume) => {
          call.permit = permit
          call.grantedAt = clock.now
          call.done = () => resume(Effect.void)
        })
      )
    )
    call.fiber.addObserver((exit) => {
      call.exit = exit
    })
  }

  const send = (call: Call | undefined): void => {
    if (call === undefined) return
    call.permit?.sent()
    call.answer = servers[call.pool]?.arrive(call.tokens, clock.now)
    const sent = sends[call.pool] ?? []
    // The limiter counts from when it lets go: the moment of sending is the caller's.
    sent.push({ at: call.grantedAt, tokens: call.tokens })
    // What exceeds a limit that no answer has told yet may go alone, to find out.
    if (call.tokens > TOKENS) bounded[call.pool] = false
    if (bounded[call.pool] !== true) return
    const limit = TOKENS * (highest[call.pool] ?? 1)
    let window = 0
    for (const entry of sent) if (entry.at > clock.now - MINUTE + ROUNDING) window += entry.tokens
    rule(window <= limit * (1 + given.burst) * 1.001, `${window} tokens in a minute of ${limit}`)
  }

  const among = (next: { readonly which: number }, calls: ReadonlyArray<Call>) =>
    calls[Math.floor(next.which * calls.length)]

  const hear = (call: Call | undefined, broken: boolean): void => {
    if (call?.answer === undefined) return
    const { status } = call.answer
    const nonsense = { status, headers: { "x-ratelimit-limit-tokens": "-1" } }
    call.permit?.observe(broken ? nonsense : call.answer)
  }

  const setLimits = (number: number, factor: number): void => {
    highest[number] = Math.max(highest[number] ?? 1, factor)
    const requestsPerMinute = Math.max(1, tier.requestsPerMinute * factor)
    servers[number]?.setLimits({ requestsPerMinute, tokensPerMinute: TOKENS * factor }, clock.now)
  }

  const run = (next: Command): void => {
    switch (next._tag) {
      case "Enter":
        enter(next)
        break
      case "Send":
        send(
          among(
            next,
            inside().filter(({ answer }) => answer === undefined)
          )
        )
        break
      case "Head": {
        const sent = inside().filter(({ answer }) => answer !== undefined)
        hear(among(next, sent), next.broken && !told)
        break
      }
      case "Leave":
        among(next, inside())?.done()
        break
      case "Interrupt":
        among(next, open())?.fiber?.interruptUnsafe()
        break
      case "Stop":
        runs[next.run]?.stop(stopped)
        break
      case "Neighbour":
        servers[next.pool]?.arrive(next.tokens, clock.now)
        break
      case "Limits":
        setLimits(next.pool, next.factor)
        break
      case "Wait":
        clock.advance(next.millis)
        break
    }
  }

  const counted = () => {
    const states = Effect.runSync(limiter.states)
    const sum = (field: "waiting" | "inFlight") =>
      states.reduce((total, state) => total + state[field], 0)
    return { waiting: sum("waiting"), inFlight: sum("inFlight") }
  }

  const look = (): void => {
    calls = open()
    const { inFlight, waiting: queued } = counted()
    rule(inFlight === inside().length, "in flight are those that were let through and are not done")
    rule(queued === waiting().length, "those that wait are in the queue")
    rule(inFlight <= given.maxInFlight, "the cap on what is in flight holds")
    rule(queued <= given.maxQueue, "the queue holds no more than it may")
    rule(
      queued === 0 || inFlight > 0 || clock.next < Infinity,
      "who waits has something to wait for"
    )
  }

  for (const next of commands) {
    at++
    run(next)
    look()
  }
  // Everybody who is let through ends at once: now all must get through, or be sent away.
  let limit = 100 * calls.length + 100
  while (open().length > 0) {
    rule(limit-- > 0, `${open().length} wait for ever`)
    for (const call of inside()) {
      if (call.answer === undefined) send(call)
      if (call.answer !== undefined) call.permit?.observe(call.answer)
      call.done()
    }
    if (open().length === 0) break
    if (inside().length === 0) {
      rule(clock.next < Infinity, "nobody is in flight and no timer runs, and yet some wait")
      clock.advance(clock.next - clock.now)
    }
  }
  assert.deepStrictEqual(counted(), { waiting: 0, inFlight: 0 })
  Effect.runSync(Scope.close(scope, Exit.void))
  assert.strictEqual(clock.next, Infinity)
  return commands.length
}

describe("the limiter", () => {
  it(`keeps its rules over ${COMMANDS} commands from seed ${SEED}`, () => {
    playAll(
      fc.tuple(settings, fc.boolean(), lists(command), fc.nat(1_000)),
      ([given, told, commands, seed]) => play(given, told, commands, seed)
    )
  }, 120_000)
})
