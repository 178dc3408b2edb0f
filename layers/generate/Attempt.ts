/**
 * One attempt at one request, in this order: the circuit is ready (waiting there holds nothing and uses up no attempt),
 * the budget reserves the worst case, the limiter lets it through, the intent is durable, the breaker guards the sending.
 * Until the moment of sending everything is given back; from then on nothing is, because the provider has charged it.
 */
import { Clock, Effect, Exit, Option } from "effect"
import * as Cause from "effect/Cause"
import type { RequestKey } from "../../src/checkpoint/RequestKey.ts"
import type { CallResult, CircuitBreaker } from "../../src/circuit-breaker/CircuitBreaker.ts"
import type { RetrySettings } from "../../src/config/RetryConfig.ts"
import type { Budget, BudgetExceeded } from "../../src/cost/Budget.ts"
import { type NanoUsd, zero } from "../../src/cost/Money.ts"
import { OpenAiError } from "../../src/error/OpenAiError.ts"
import { TimedOut } from "../../src/error/OpenAiReason.ts"
import { RunStopped } from "../../src/error/RunStopped.ts"
import { type AttemptError, stopFor } from "../../src/generate/Settlement.ts"
import type { PoolId, RateLimiter } from "../../src/rate-limit/RateLimiter.ts"
import type { ResolvedRequest } from "../../src/request/GenerateRequest.ts"
import type { ModelAnswer } from "../../src/request/ModelResponse.ts"
import type { ActiveRun } from "../../src/run/ActiveRun.ts"
import * as GenerateCall from "../../src/transport/GenerateCall.ts"
import type { OpenAiTransport, SendHooks } from "../../src/transport/OpenAiTransport.ts"
import type { ResponseHead } from "../../src/transport/ResponseHead.ts"
import type * as Deadlines from "./Deadlines.ts"

export interface Ports {
  readonly transport: OpenAiTransport["Service"]
  readonly limiter: RateLimiter["Service"]
  readonly breaker: CircuitBreaker["Service"]
  readonly budget: Budget["Service"]
  readonly retry: RetrySettings
  /** The limit of an attempt's time. */
  readonly within: Deadlines.Within
}

/** One item on its way, over all its attempts. */
export interface Job {
  readonly run: ActiveRun
  readonly key: RequestKey
  readonly request: ResolvedRequest
  readonly pool: PoolId
  /** Tokens that the provider will charge against its limit. */
  readonly charge: number
  /** Worst cost of one attempt. */
  readonly worst: NanoUsd
  readonly price: (answer: ModelAnswer) => NanoUsd
  readonly onDelta: ((text: string) => Effect.Effect<void>) | undefined
  readonly requestIds: Array<string>
  /** Attempts that were sent. */
  attempts: number
  /** Time spent waiting for an open circuit, which no limit of the item counts. */
  circuitWaitMs: number
}

export interface Success {
  readonly answer: ModelAnswer
  readonly head: ResponseHead
  readonly latencyMs: number
  readonly cost: NanoUsd
}

const classify = (exit: Exit.Exit<unknown, AttemptError>): CallResult => {
  if (Exit.isSuccess(exit)) return "success"
  const error = Cause.findErrorOption(exit.cause)
  return Option.isSome(error) ? error.value.verdict.breaker : "neutral"
}

export const make = ({ breaker, budget, limiter, retry, transport, within }: Ports) => {
  const send = (job: Job, hooks: SendHooks) =>
    within(
      transport.send(GenerateCall.generate(job.request), hooks),
      () =>
        new OpenAiError({
          operation: `${job.request.endpoint}.create`,
          reason: new TimedOut({
            message: "No complete answer in time.",
            after: retry.attemptTimeout
          })
        })
    )

  return Effect.fnUntraced(function* (job: Job): Effect.fn.Return<Success, AttemptError> {
    const { counters, journal } = job.run
    const clock = yield* Clock.Clock
    while (true) {
      const waitsSince = clock.currentTimeMillisUnsafe()
      yield* breaker.ready(job.pool, job.run, job.request.model)
      job.circuitWaitMs += Math.max(0, clock.currentTimeMillisUnsafe() - waitsSince)
      const held = yield* budget
        .reserve(job.run, job.worst, job.request.model)
        .pipe(
          Effect.catchTag("BudgetExceeded", (error) => Effect.fail(outOfBudget(error, job.run)))
        )
      const attempt = job.attempts
      let sentAt: number | undefined
      let intended = false
      const exit = yield* limiter
        .withPermit(
          {
            pool: job.pool,
            model: job.request.model,
            run: job.run,
            lane: attempt === 0 ? "fresh" : "retry",
            charge: { requests: 1, tokens: job.charge }
          },
          (permit) => {
            const call = send(job, {
              onSent: () => {
                sentAt = clock.currentTimeMillisUnsafe()
                job.attempts++
                counters.sent++
                if (attempt > 0) counters.retries++
                permit.sent()
              },
              onHead: (head, error) => {
                permit.observe(head, error)
                if (head.status === 429) counters.rateLimited++
                if (head.requestId !== undefined) job.requestIds.push(head.requestId)
              },
              ...(job.onDelta === undefined ? {} : { onEvent: deltas(job.onDelta) })
            })
            const intent = { _tag: "Intent", key: job.key, attempt, reserved: job.worst } as const
            return journal.append([{ ...intent, at: clock.currentTimeMillisUnsafe() }]).pipe(
              Effect.andThen(() => {
                intended = true
                // Before the permit is given back: a waiter that takes it must find the run stopped already.
                return Effect.tapError(breaker.protect(job.pool, call, classify), (error) =>
                  Effect.sync(() => halt(error, job))
                )
              })
            )
          }
        )
        .pipe(
          Effect.onInterrupt(() =>
            Effect.sync(() => (sentAt === undefined ? held.settle(zero) : undefined))
          ),
          Effect.exit
        )
      if (Exit.isSuccess(exit)) {
        const cost = job.price(exit.value.body)
        held.settle(cost)
        counters.spent += cost
        const latencyMs = clock.currentTimeMillisUnsafe() - (sentAt ?? 0)
        return { answer: exit.value.body, head: exit.value.head, latencyMs, cost }
      }
      const failed = Cause.findErrorOption(exit.cause)
      if (Option.isNone(failed)) return yield* Effect.failCause(exit.cause)
      const error = failed.value
      const unknown = sentAt !== undefined && error.verdict.billed !== "no"
      const spent = unknown ? job.worst : zero
      held.settle(spent)
      if (unknown) {
        counters.unknownOutcome++
        counters.spent += spent
      }
      if (intended)
        yield* journal.append([{ _tag: "Released", key: job.key, attempt, spent, unknown }])
      // The circuit opened between `ready` and `protect`: back to waiting for it, no attempt was used.
      if (error._tag === "CircuitOpen") continue
      return yield* error
    }
  })
}

const halt = (error: AttemptError, { run, request }: Job): void => {
  const stop = stopFor(error, request.model)
  if (stop !== undefined) run.stop(stop.why, stop.model)
}

const outOfBudget = (error: BudgetExceeded, run: ActiveRun): RunStopped => {
  run.stop(new RunStopped({ why: "budget", detail: `${error.message} ${error.verdict.advice}` }))
  return run.stopped() ?? new RunStopped({ why: "budget", detail: error.message })
}

const deltas = (
  onDelta: (text: string) => Effect.Effect<void>
): NonNullable<SendHooks["onEvent"]> => {
  return (event) => (event.delta === "" ? Effect.void : onDelta(event.delta))
}
