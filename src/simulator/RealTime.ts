/**
 * Requests that are answered at once: placed, held against the limits of their pool, struck by faults, answered and billed.
 * What stops a request before that is in `Simulator.ts`; the same requests in batches: `batch/BatchApi.ts`.
 */
import { Result } from "effect"
import { seeded } from "../random/Seeded.ts"
import type { Endpoint } from "../request/GenerateRequest.ts"
import { none as noUsage } from "../request/TokenUsage.ts"
import * as Answer from "./Answer.ts"
import { deliver, deliveryFaults, spoiled } from "./Delivery.ts"
import * as Errors from "./ErrorAnswers.ts"
import * as Faults from "./Faults.ts"
import { injectedError } from "./InjectedErrors.ts"
import * as Ledger from "./Ledger.ts"
import type { LimitChange, Limits, Neighbour } from "./Limits.ts"
import { type PlacedRequest, place } from "./PlacedRequest.ts"
import type { Plan } from "./Plan.ts"
import type { OnTheWay, Provider, Surroundings } from "./Provider.ts"
import * as Quota from "./Quota.ts"
import { rateHeaders } from "./RateHeaders.ts"
import { findProfile } from "./ReadRequest.ts"

/** As in `SimulatorOptions`. */
export interface RealTimeOptions {
  readonly limits: Limits
  readonly poolLimits: Readonly<Record<string, Limits>>
  readonly limitChanges: ReadonlyArray<LimitChange>
  readonly neighbours: ReadonlyArray<Neighbour>
}

export interface RealTime {
  /** @param draw which answer it gets, as in `Draw.ts`; `undefined`: another one each time */
  readonly serve: (
    endpoint: Endpoint,
    body: unknown,
    at: Answer.Context,
    draw: number | undefined
  ) => Plan
  /** Those that were asked for, by name. */
  readonly pools: ReadonlyMap<string, Quota.Pool>
  /** Brings the pools up to a time. */
  readonly advance: (now: number) => void
}

/** One attempt at a request that is in order. */
type Attempt = PlacedRequest & OnTheWay & Pick<Answer.TextContext, "draw">

export const make = (
  provider: Provider,
  options: RealTimeOptions,
  startedAt: number,
  { lost, refuse }: Surroundings
): RealTime => {
  const { allowUnknownModels, cache, faults, ledger, organization, profiles, responder, seed } =
    provider
  const world: Quota.World = {
    seed,
    limitChanges: [...options.limitChanges].sort((a, b) => a.at - b.at),
    neighbours: options.neighbours,
    ramp: faults.ramp
  }
  const pools = new Map<string, Quota.Pool>()

  const poolAt = (name: string, elapsed: number): Quota.Pool => {
    const known = pools.get(name) ?? Quota.makePool(options.poolLimits[name] ?? options.limits)
    const current = Quota.advance(known, elapsed, world)
    pools.set(name, current)
    return current
  }

  const generated = (attempt: Attempt, pool: Quota.Pool): Plan => {
    const { request, content, draw, struck, at } = attempt
    const sample = Ledger.billedOf(ledger, content)
    const failed = struck.has("failed")
    const whole =
      "inputs" in request
        ? Answer.embeddings(at, request)
        : Answer.text(at, request, responder, { content, sample, draw, cache, failed })
    if (whole.usage !== noUsage) Ledger.bill(ledger, content, whole.usage, whole.costUsd)
    for (const kind of struck) {
      if (deliveryFaults.has(kind) || kind === "failed") Ledger.countFault(ledger, kind)
    }
    return deliver(at, whole, rateHeaders(pool), struck)
  }

  const admitted = (attempt: Attempt): Plan => {
    const { request, content, charge, struck, at } = attempt
    const { info, pool: name } = request.model
    const [pool, admission] = Quota.admit(poolAt(name, at.now - startedAt), charge, world)
    pools.set(name, pool)
    if (admission._tag !== "Admitted") {
      Ledger.countLimited(ledger, name)
      const error = Errors.rateLimited(info.id, organization, admission)
      return spoiled(Answer.refusal(at, error, rateHeaders(pool)), struck, at)
    }
    Ledger.countAttempt(ledger, content)
    Ledger.countAdmitted(ledger, name, charge.tokens)
    const { requestId } = at
    const injected = injectedError(struck, { model: info.id, organization, requestId, pool })
    if (injected === undefined) return generated(attempt, pool)
    Ledger.countFault(ledger, injected.kind)
    return spoiled(refuse(at, injected.error, rateHeaders(pool)), struck, at)
  }

  const serve: RealTime["serve"] = (endpoint, body, at, draw) => {
    const found = findProfile(profiles, allowUnknownModels, body)
    if (Result.isFailure(found)) return refuse(at, found.failure)
    const { model } = found.success
    const placed = place(endpoint, found.success.body, model)
    const elapsed = at.now - startedAt
    if (Result.isFailure(placed)) {
      // A request that is refused for its content counts against the limits all the same.
      const pool = Quota.debit(poolAt(model.pool, elapsed), { tokens: 1, inputTokens: 1 })
      pools.set(model.pool, pool)
      return refuse(at, placed.failure, rateHeaders(pool))
    }
    const { content } = placed.success
    const number = Ledger.attemptsOf(ledger, content)
    const attempt: Attempt = {
      ...placed.success,
      draw,
      struck: Faults.strike(faults, seed, content, number, elapsed),
      at: { ...at, random: seeded(seed, "delay", content, number) }
    }
    return lost(attempt) ?? admitted(attempt)
  }

  return {
    serve,
    pools,
    advance: (now) => {
      for (const name of pools.keys()) poolAt(name, now - startedAt)
    }
  }
}
