/**
 * The simulated OpenAI: a seeded model of its endpoints, limits, latency, billing and faults. It performs nothing:
 * `handle` takes a request and the time, changes the model's state, and answers with a `Plan`. Equal seeds, options,
 * requests and times give equal plans; what is said and which fault strikes does not even depend on the order.
 */
import { Result } from "effect"
import { catalogData } from "../model/catalogData.ts"
import type { ModelInfo } from "../model/ModelInfo.ts"
import { type Endpoint, paths } from "../request/GenerateRequest.ts"
import { none as noUsage } from "../request/TokenUsage.ts"
import * as Answer from "./Answer.ts"
import * as BatchApi from "./batch/BatchApi.ts"
import { type BatchOptions, settings } from "./batch/BatchOptions.ts"
import type { FileUpload } from "./batch/FileUpload.ts"
import { respond } from "./DefaultResponder.ts"
import { deliver, deliveryFaults, spoiled } from "./Delivery.ts"
import * as Errors from "./ErrorAnswers.ts"
import type { FaultKind } from "./Faults.ts"
import * as Faults from "./Faults.ts"
import { injectedError } from "./InjectedErrors.ts"
import * as Latency from "./Latency.ts"
import * as Ledger from "./Ledger.ts"
import { type LimitChange, type Limits, type Neighbour, type Tier, tiers } from "./Limits.ts"
import { findModel, type ModelProfile, profile } from "./ModelProfile.ts"
import { modelBody, modelsBody } from "./ModelsBody.ts"
import { type PlacedRequest, place } from "./PlacedRequest.ts"
import type { Plan } from "./Plan.ts"
import * as PromptCache from "./PromptCache.ts"
import * as Quota from "./Quota.ts"
import { rateHeaders } from "./RateHeaders.ts"
import { findProfile } from "./ReadRequest.ts"
import type { Responder } from "./Responder.ts"
import { seeded } from "./Seeded.ts"

export interface SimulatorOptions {
  /** Same seed, same answers, faults and delays. A whole number. Default 1. */
  readonly seed?: number
  /** Usage tier whose limits hold for every pool. Default `2`. */
  readonly tier?: Tier
  /** Limits of every pool, instead of a tier's. */
  readonly limits?: Limits
  /** Limits of single pools (a model's family or id), before anything else. */
  readonly poolLimits?: Readonly<Record<string, Limits>>
  /** Default: the limits stay as they are. */
  readonly limitChanges?: ReadonlyArray<LimitChange>
  /** Default: nobody else uses the account. */
  readonly neighbours?: ReadonlyArray<Neighbour>
  /** Default: nothing goes wrong. */
  readonly faults?: Faults.Faults
  /** What the model says. Default: a value that fits the schema, a tool call that is required, or seeded text. */
  readonly responder?: Responder
  /** Factor on all delays: 1 is realistic, 0 answers at once. Default 1. */
  readonly latency?: number
  /** Pace and limits of the Batch API. Default: minutes to hours, and the tier's limits. */
  readonly batch?: BatchOptions
  /** Default: the catalogue's. */
  readonly models?: ReadonlyArray<ModelInfo>
  /** Serve any name, free of charge, instead of answering 404. Default false. */
  readonly allowUnknownModels?: boolean
  /** The keys that are valid. Default: any key, but one has to be given. */
  readonly keys?: ReadonlyArray<string>
}

/** One request as it reaches the server. */
export interface IncomingRequest {
  readonly method: string
  /** Below the version: `/chat/completions`; a query may follow, `/batches?limit=100`. */
  readonly path: string
  /** The parsed body; `undefined` for none, or one that is no JSON. */
  readonly body: unknown
  /** The form of a `POST /files`, which has no other body. */
  readonly upload?: FileUpload | undefined
  /** The bearer token, "" for none; left out by a caller that needs no key, as within one process. */
  readonly key?: string
}

export interface Simulator {
  readonly seed: number
  /** Milliseconds that the next request is under way before it arrives. */
  readonly uplink: () => number
  /** Decides a request that arrives at `now` (milliseconds on any clock that goes forward). */
  readonly handle: (request: IncomingRequest, now: number) => Plan
  /** @param now brings the totals of pools and batches up to this time; default: as of the last requests */
  readonly stats: (now?: number) => Ledger.SimulatorStats
  /**
   * How often each request content was billed, by its hash: a value above 1 was paid for again.
   *
   * @param now as of this time; default: as of the last requests
   */
  readonly billedContents: (now?: number) => Readonly<Record<string, number>>
}

const ORGANIZATION = "org-spillway-simulated"

const endpoints: Readonly<Record<string, Endpoint>> = {
  [paths.chat]: "chat",
  [paths.responses]: "responses",
  [paths.embeddings]: "embeddings"
}

/** One attempt at a request that is in order. */
interface Attempt extends PlacedRequest {
  readonly struck: ReadonlySet<FaultKind>
  readonly at: Answer.Context
}

/** @param startedAt time of the start, on the clock whose times `handle` is given */
export const make = (options: SimulatorOptions = {}, startedAt = 0): Simulator => {
  const {
    seed = 1,
    faults = Faults.none,
    responder = respond,
    latency = 1,
    models = catalogData,
    allowUnknownModels = false
  } = options
  const limits = options.limits ?? tiers[options.tier ?? "2"]
  const profiles = new Map<string, ModelProfile>(models.map((info) => [info.id, profile(info)]))
  const keys = options.keys === undefined ? undefined : new Set(options.keys)
  const world: Quota.World = {
    seed,
    limitChanges: [...(options.limitChanges ?? [])].sort((a, b) => a.at - b.at),
    neighbours: options.neighbours ?? [],
    ramp: faults.ramp
  }
  const ledger = Ledger.make()
  const pools = new Map<string, Quota.Pool>()
  const cache = PromptCache.make()
  const traffic = seeded(seed, "uplink")

  const poolAt = (name: string, elapsed: number): Quota.Pool => {
    const known = pools.get(name) ?? Quota.makePool(options.poolLimits?.[name] ?? limits)
    const current = Quota.advance(known, elapsed, world)
    pools.set(name, current)
    return current
  }

  const arrival = (now: number): Answer.Context => ({
    seed,
    now,
    random: seeded(seed, "arrival", ledger.requests),
    latency,
    organization: ORGANIZATION,
    requestId: `req_${seeded(seed, "request", ledger.requests).hex(32)}`
  })

  const refuse = (
    at: Answer.Context,
    error: Errors.ErrorAnswer,
    headers: Readonly<Record<string, string>> = {}
  ): Plan => {
    if (error.status === 429) ledger.rateLimited++
    else if (error.status < 500) ledger.refused++
    return Answer.refusal(at, error, headers)
  }

  /** What stops a request whatever it asks for: key, outage, quota. */
  const stopped = (request: IncomingRequest, at: Answer.Context): Plan | undefined => {
    const elapsed = at.now - startedAt
    const reached = { admitted: ledger.admitted, elapsed, usd: ledger.costUsd }
    const unknownKey = request.key !== undefined && keys?.has(request.key) === false
    if (request.key === "") return refuse(at, Errors.badKey(false))
    if (unknownKey || Faults.passed(faults.invalidKey, reached)) {
      return refuse(at, Errors.badKey(true))
    }
    const outage = Faults.outageAt(faults, elapsed)
    if (outage !== undefined) {
      Ledger.countFault(ledger, outage.as === "hang" ? "outage_hang" : "outage")
      return outage.as === "hang" ? { _tag: "Hang" } : refuse(at, Errors.overloaded)
    }
    return Faults.passed(faults.billing, reached) ? refuse(at, Errors.noQuota) : undefined
  }

  /** Faults that strike on the way to the provider: it never learns of the request. */
  const lostOnTheWay = ({ struck, content, at }: BatchApi.OnTheWay): Plan | undefined => {
    const kind = (["drop_before", "hang", "html"] as const).find((each) => struck.has(each))
    if (kind === undefined) return undefined
    Ledger.countAttempt(ledger, content)
    Ledger.countFault(ledger, kind)
    if (kind === "hang") return { _tag: "Hang" }
    if (kind === "html") return Answer.gatewayPage(at)
    return { _tag: "Drop", at: at.now + Latency.network(at.random, latency), processed: false }
  }

  const generated = (attempt: Attempt, pool: Quota.Pool): Plan => {
    const { request, content, struck, at } = attempt
    const sample = Ledger.billedOf(ledger, content)
    const failed = struck.has("failed")
    const whole =
      "inputs" in request
        ? Answer.embeddings(at, request)
        : Answer.text(at, request, responder, { content, sample, cache, failed })
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
      const error = Errors.rateLimited(info.id, ORGANIZATION, admission)
      return spoiled(Answer.refusal(at, error, rateHeaders(pool)), struck, at)
    }
    Ledger.countAttempt(ledger, content)
    Ledger.countAdmitted(ledger, name, charge.tokens)
    const { organization, requestId } = at
    const injected = injectedError(struck, { model: info.id, organization, requestId, pool })
    if (injected === undefined) return generated(attempt, pool)
    Ledger.countFault(ledger, injected.kind)
    return spoiled(refuse(at, injected.error, rateHeaders(pool)), struck, at)
  }

  const generating = (endpoint: Endpoint, body: unknown, at: Answer.Context): Plan => {
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
      struck: Faults.strike(faults, seed, content, number, elapsed),
      at: { ...at, random: seeded(seed, "delay", content, number) }
    }
    return lostOnTheWay(attempt) ?? admitted(attempt)
  }

  const listing = (path: string, at: Answer.Context): Plan => {
    if (path === "/models") return Answer.json(at, modelsBody(models))
    const name = path.slice("/models/".length)
    const found = findModel(profiles, name)
    return found === undefined
      ? refuse(at, Errors.modelNotFound(name))
      : Answer.json(at, { ...modelBody(found.info), id: name })
  }

  const batchApi = BatchApi.make(
    {
      seed,
      organization: ORGANIZATION,
      responder,
      faults,
      ledger,
      profiles,
      allowUnknownModels,
      cache: PromptCache.make()
    },
    settings(options.batch ?? {}, options.tier ?? "2", latency),
    startedAt,
    { lost: lostOnTheWay, refuse }
  )

  return {
    seed,
    uplink: () => Latency.network(traffic, latency),
    handle: (request, now) => {
      ledger.requests++
      const at = arrival(now)
      const stop = stopped(request, at)
      if (stop !== undefined) return stop
      const { method, body, upload } = request
      const [, path = "", query = ""] = /^([^?]*)\??(.*)$/s.exec(request.path) ?? []
      const endpoint = endpoints[path]
      if (method === "POST" && endpoint !== undefined) return generating(endpoint, body, at)
      if (method === "GET" && /^\/models(\/.+)?$/.test(path)) return listing(path, at)
      return (
        batchApi.serve({ method, path, query, body, upload }, at) ??
        refuse(at, Errors.unknownUrl(method, path))
      )
    },
    stats: (now) => {
      if (now !== undefined) {
        batchApi.settle(now)
        for (const name of pools.keys()) poolAt(name, now - startedAt)
      }
      return Ledger.stats(ledger, seed, pools)
    },
    billedContents: (now) => {
      if (now !== undefined) batchApi.settle(now)
      return Ledger.billedContents(ledger)
    }
  }
}
