/**
 * The simulated OpenAI: a seeded model of its endpoints, limits, latency, billing and faults. It performs nothing:
 * `handle` takes a request and the time, changes the model's state, and answers with a `Plan`. Equal seeds, options,
 * requests and times give equal plans; what is said and which fault strikes does not even depend on the order.
 */
import { catalogData } from "../model/catalogData.ts"
import type { ModelInfo } from "../model/ModelInfo.ts"
import { seeded } from "../random/Seeded.ts"
import { type Endpoint, paths } from "../request/GenerateRequest.ts"
import * as Answer from "./Answer.ts"
import * as BatchApi from "./batch/BatchApi.ts"
import { type BatchOptions, settings } from "./batch/BatchOptions.ts"
import type { FileUpload } from "./batch/FileUpload.ts"
import { respond } from "./DefaultResponder.ts"
import * as Draw from "./Draw.ts"
import * as Errors from "./ErrorAnswers.ts"
import * as Faults from "./Faults.ts"
import * as Latency from "./Latency.ts"
import * as Ledger from "./Ledger.ts"
import { type LimitChange, type Limits, type Neighbour, type Tier, tiers } from "./Limits.ts"
import { findModel, type ModelProfile, profile } from "./ModelProfile.ts"
import { modelBody, modelsBody } from "./ModelsBody.ts"
import type { Plan } from "./Plan.ts"
import * as PromptCache from "./PromptCache.ts"
import type { OnTheWay } from "./Provider.ts"
import * as RealTime from "./RealTime.ts"
import type { Responder } from "./Responder.ts"

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
  /** `X-Client-Request-Id`: of equal requests, those that name another key in it get another answer (`Draw.ts`). */
  readonly clientRequestId?: string | undefined
  /** The bearer token, "" for none; left out by a caller that needs no key, as within one process. */
  readonly key?: string
}

export interface Simulator {
  readonly seed: number
  /** Milliseconds that the next request is under way before it arrives. */
  readonly uplink: () => number
  /** Decides a request that arrives at `now` (milliseconds on any clock that goes forward). */
  readonly handle: (request: IncomingRequest, now: number) => Plan
  /**
   * Works out a slice of what batches have done by `now`; true while there is more. For a server that has others to answer
   * in between: `stats`, and `handle` for a request that tells of batches, work out at once what is left.
   */
  readonly catchUp: (now: number) => boolean
  readonly tellsOfBatches: (request: Pick<IncomingRequest, "method" | "path">) => boolean
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

/** A path, and what follows its `?`. */
const targetOf = (target: string) => {
  const [, path = "", query = ""] = /^([^?]*)\??(.*)$/s.exec(target) ?? []
  return { path, query }
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
  const profiles = new Map<string, ModelProfile>(models.map((info) => [info.id, profile(info)]))
  const keys = options.keys === undefined ? undefined : new Set(options.keys)
  const ledger = Ledger.make()
  const traffic = seeded(seed, "uplink")

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
  const lostOnTheWay = ({ struck, content, at }: OnTheWay): Plan | undefined => {
    const kind = (["drop_before", "hang", "html"] as const).find((each) => struck.has(each))
    if (kind === undefined) return undefined
    Ledger.countAttempt(ledger, content)
    Ledger.countFault(ledger, kind)
    if (kind === "hang") return { _tag: "Hang" }
    if (kind === "html") return Answer.gatewayPage(at)
    return { _tag: "Drop", at: at.now + Latency.network(at.random, latency), processed: false }
  }

  const listing = (path: string, at: Answer.Context): Plan => {
    if (path === "/models") return Answer.json(at, modelsBody(models))
    const name = path.slice("/models/".length)
    const found = findModel(profiles, name)
    return found === undefined
      ? refuse(at, Errors.modelNotFound(name))
      : Answer.json(at, { ...modelBody(found.info), id: name })
  }

  const provider = {
    seed,
    organization: ORGANIZATION,
    responder,
    faults,
    ledger,
    profiles,
    allowUnknownModels
  }
  const surroundings = { lost: lostOnTheWay, refuse }
  const realTime = RealTime.make(
    { ...provider, cache: PromptCache.make() },
    {
      limits: options.limits ?? tiers[options.tier ?? "2"],
      poolLimits: options.poolLimits ?? {},
      limitChanges: options.limitChanges ?? [],
      neighbours: options.neighbours ?? []
    },
    startedAt,
    surroundings
  )
  const batchApi = BatchApi.make(
    { ...provider, cache: PromptCache.make() },
    settings(options.batch ?? {}, options.tier ?? "2", latency),
    startedAt,
    surroundings
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
      const { path, query } = targetOf(request.path)
      const endpoint = endpoints[path]
      if (method === "POST" && endpoint !== undefined) {
        return realTime.serve(endpoint, body, at, Draw.ofClientRequestId(request.clientRequestId))
      }
      if (method === "GET" && /^\/models(\/.+)?$/.test(path)) return listing(path, at)
      return (
        batchApi.serve({ method, path, query, body, upload }, at) ??
        refuse(at, Errors.unknownUrl(method, path))
      )
    },
    catchUp: batchApi.catchUp,
    tellsOfBatches: ({ method, path }) => batchApi.tells(method, targetOf(path).path),
    stats: (now) => {
      if (now !== undefined) {
        batchApi.settle(now)
        realTime.advance(now)
      }
      return Ledger.stats(ledger, seed, realTime.pools)
    },
    billedContents: (now) => {
      if (now !== undefined) batchApi.settle(now)
      return Ledger.billedContents(ledger)
    }
  }
}
