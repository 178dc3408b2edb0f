/**
 * One attempt at one request, in this order: the circuit is ready (waiting there holds nothing and uses up no attempt),
 * the budget reserves the worst case, the limiter lets it through, the intent is durable, the breaker guards the sending.
 * Until the moment of sending everything is given back; from then on nothing is, because the provider has charged it.
 */
import { Clock, Effect, Exit, Option } from "effect"
import * as Cause from "effect/Cause"
import type { RequestKey } from "../../src/checkpoint/RequestKey.ts"
import type {
  CallResult,
  CircuitBreaker,
  CircuitState
} from "../../src/circuit-breaker/CircuitBreaker.ts"
import type { RetrySettings } from "../../src/config/RetryConfig.ts"
import type { Budget, BudgetExceeded } from "../../src/cost/Budget.ts"
import { NanoUsd, toUsd, zero } from "../../src/cost/Money.ts"
import * as SpendCount from "../../src/cost/SpendCount.ts"
import { OpenAiError } from "../../src/error/OpenAiError.ts"
import { TimedOut } from "../../src/error/OpenAiReason.ts"
import { RunStopped } from "../../src/error/RunStopped.ts"
import { type AttemptError, stopFor } from "../../src/generate/Settlement.ts"
import type { ModelInfo } from "../../src/model/ModelInfo.ts"
import type { PoolId, RateLimiter } from "../../src/rate-limit/RateLimiter.ts"
import type { ResolvedRequest } from "../../src/request/GenerateRequest.ts"
import type { ModelAnswer } from "../../src/request/ModelResponse.ts"
import type { ActiveRun } from "../../src/run/ActiveRun.ts"
import * as ClientRequestId from "../../src/transport/ClientRequestId.ts"
import * as GenerateCall from "../../src/transport/GenerateCall.ts"
import type {
  ApiResponse,
  OpenAiTransport,
  SendHooks
} from "../../src/transport/OpenAiTransport.ts"
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
  /** The catalogue's, where it knows it. */
  readonly model: ModelInfo | undefined
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
  /** 1e-9 USD of attempts of unknown outcome since which nothing was sent. */
  lost: number
  /** Milliseconds of waiting for circuit, budget and quota, which no limit of the item counts. */
  waitedMs: number
  /** Attempts that failed while the circuit was open or half open, or for want of quota: no fault of the item. */
  excused: number
  /** Attempts that ended with a 429 for want of quota. */
  throttled: number
}

export interface Success {
  readonly answer: ModelAnswer
  readonly head: ResponseHead
  readonly latencyMs: number
  readonly cost: NanoUsd
}

/**
 * Refusals for want of quota that are not held against an item: a neighbour may take all of it for minutes. Beyond that, a
 * server that answers 429 whatever one does is one more thing that an item can fail with.
 */
const MOST_THROTTLED = 20

const classify = (exit: Exit.Exit<unknown, AttemptError>): CallResult => {
  if (Exit.isSuccess(exit)) return "success"
  const error = Cause.findErrorOption(exit.cause)
  return Option.isSome(error) ? error.value.verdict.breaker : "neutral"
}

export const make = ({ breaker, budget, limiter, retry, transport, within }: Ports) => {
  const send = (job: Job, hooks: SendHooks) =>
    within(
      transport.send(
        GenerateCall.generate(job.request, ClientRequestId.ofAttempt(job.key, job.attempts)),
        hooks
      ),
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
    const { key, request, run, worst } = job
    const { counters, journal } = run
    const clock = yield* Clock.Clock
    const now = (): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
    while (true) {
      const waitsSince = now()
      yield* breaker.ready(job.pool, run, request.model, request.maxOutputTokens)
      const held = yield* budget
        .reserve(run, worst, request.model)
        .pipe(Effect.catchTag("BudgetExceeded", (error) => Effect.fail(outOfBudget(error, run))))
      const attempt = job.attempts
      let sentAt: number | undefined
      let intended = false
      /** As it was when this was sent. */
      let circuit: CircuitState = "closed"

      /** Ends the attempt without an answer: what may have been billed counts as spent at its worst. */
      const release = (billed: boolean) =>
        Effect.suspend(() => {
          const unknown = billed && sentAt !== undefined
          const spent = unknown ? worst : zero
          held.settle(spent)
          if (unknown) {
            SpendCount.unknown(counters, "online", spent)
            job.lost += spent
          }
          return intended
            ? journal.append([{ _tag: "Released", key, attempt, spent, unknown }])
            : Effect.void
        })

      const exit = yield* limiter
        .withPermit(
          {
            pool: job.pool,
            model: request.model,
            run,
            lane: attempt === 0 ? "fresh" : "retry",
            charge: { requests: 1, tokens: job.charge }
          },
          (permit) => {
            job.waitedMs += now() - waitsSince
            const call = send(job, {
              onSent: () => {
                sentAt = now()
                job.attempts++
                counters.sent++
                if (attempt > 0) counters.retries++
                SpendCount.retried(counters, job.lost)
                job.lost = 0
                permit.sent()
              },
              onHead: (head, error) => {
                permit.observe(head, error)
                if (head.status === 429) counters.rateLimited++
                if (head.requestId !== undefined) job.requestIds.push(head.requestId)
              },
              ...(job.onDelta === undefined ? {} : { onEvent: deltas(job.onDelta) })
            })
            // Noted before it is written: an interruption in the middle may leave it written.
            intended = true
            const at = clock.currentTimeMillisUnsafe()
            return journal.append([{ _tag: "Intent", key, attempt, reserved: worst, at }]).pipe(
              Effect.flatMap(
                (): Effect.Effect<ApiResponse<ModelAnswer>, AttemptError> =>
                  run.stopped(request.model) ??
                  Effect.flatMap(breaker.state(job.pool), (state) => {
                    circuit = state
                    return breaker.protect(job.pool, call, classify)
                  })
              ),
              // Before the permit is given back: a waiter that takes it must find the run stopped already.
              Effect.tapError((error) => Effect.sync(() => halt(error, job)))
            )
          }
        )
        .pipe(
          // The run goes on without this item: its money must not stay reserved.
          Effect.onInterrupt(() => Effect.ignore(release(true))),
          Effect.exit
        )
      if (Exit.isSuccess(exit)) {
        const cost = job.price(exit.value.body)
        held.settle(cost)
        SpendCount.answered(counters, "online", { ...exit.value.body, model: job.model }, cost)
        const latencyMs = Math.round(now() - (sentAt ?? waitsSince))
        return { answer: exit.value.body, head: exit.value.head, latencyMs, cost }
      }
      const failed = Cause.findErrorOption(exit.cause)
      if (Option.isNone(failed)) {
        yield* Effect.ignore(release(true))
        return yield* Effect.failCause(exit.cause)
      }
      const error = failed.value
      yield* release(error.verdict.billed !== "no")
      // The circuit opened between `ready` and `protect`: back to waiting for it, no attempt was used.
      if (error._tag === "CircuitOpen") continue
      if (yield* isExcused(error, job, circuit, breaker.state(job.pool))) job.excused++
      return yield* error
    }
  })
}

/** Whether the item is not to blame: the provider was at its limit, or in an outage. */
const isExcused = (
  { verdict }: AttemptError,
  job: Job,
  before: CircuitState,
  after: Effect.Effect<CircuitState>
): Effect.Effect<boolean> => {
  if (verdict.breaker === "throttle") return Effect.succeed(job.throttled++ < MOST_THROTTLED)
  if (verdict.breaker !== "failure") return Effect.succeed(false)
  // A probe that hung may fail when the outage is over.
  if (before === "half-open") return Effect.succeed(true)
  return Effect.map(after, (circuit) => circuit === "open" || circuit === "half-open")
}

const halt = (error: AttemptError, { run, request }: Job): void => {
  const stop = stopFor(error, request.model)
  if (stop !== undefined) run.stop(stop.why, stop.model)
}

const outOfBudget = (error: BudgetExceeded, run: ActiveRun): RunStopped => {
  const stop = new RunStopped({
    why: "budget",
    detail: `${error.message} ${error.verdict.advice}`,
    leastCapUsd: toUsd(NanoUsd(error.spent + error.worst))
  })
  run.stop(stop)
  return run.stopped() ?? stop
}

const deltas = (
  onDelta: (text: string) => Effect.Effect<void>
): NonNullable<SendHooks["onEvent"]> => {
  return (event) => (event.delta === "" ? Effect.void : onDelta(event.delta))
}
