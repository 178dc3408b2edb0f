/**
 * What the judge compares: ways to send an endless pile of work to one provider. All of them run against the same
 * `Wire`, which performs one exchange with the simulated provider and counts everything; a client only decides when to
 * send, and what to do with a refusal. Clients: `clients/`; the wire: `Wire.ts`.
 */
import type { Effect, Scope } from "effect"
import type { CircuitState } from "spillway/circuit-breaker/CircuitBreaker"
import type { JsonObject } from "spillway/request/GenerateRequest"
import type { OpenAiTransport } from "spillway/transport/OpenAiTransport"

export type ClientName = "spillway" | "effect" | "bottleneck" | "p-queue" | "static" | "aimd"

/** One item of the workload: a chat request as it goes over the wire, and what the provider's rule will charge for it. */
export interface Job {
  readonly index: number
  /** Of the Chat Completions endpoint. */
  readonly body: JsonObject
  /** Tokens: max(output bound, estimate of the input), by the platform's published rule. */
  readonly charge: number
}

export interface Reply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The error's message, "" if there is none. */
  readonly message: string
}

/** A connection that broke or hung until the client's own limit of time. */
export class Broken {
  readonly _tag = "Broken"
}

export interface Wire {
  /** The next item of the workload; endless unless the scenario bounds it. */
  readonly next: () => Job | undefined
  /** One exchange. Counted at the moment it is sent; ends when the whole response is in. `attempt`: 0 for the first. */
  readonly exchange: (job: Job, attempt: number) => Effect.Effect<Reply, Broken>
  /** The client has an answer. */
  readonly answered: (job: Job) => void
  /** The client gives the item up. */
  readonly lost: (job: Job) => void
  /** The same exchanges as Spillway's own port, counted by the same code. */
  readonly transport: OpenAiTransport["Service"]
  /** For a client with a circuit breaker: its state at the start, and whenever it is different. */
  readonly circuit: (to: CircuitState) => void
}

/** What any user could tell a client about the quota beforehand. */
export interface Known {
  /** Per minute; a cold start knows the lowest paid tier instead of the truth. */
  readonly requestsPerMinute: number
  readonly tokensPerMinute: number
  /** Most requests in flight at once. */
  readonly maxInFlight: number
  /** Attempts of one item, the first included. */
  readonly maxAttempts: number
  /** Most that the run may spend, USD; absent: no cap. Only clients with a budget heed it. */
  readonly capUsd?: number | undefined
  /** Share of the items whose caller breaks them off half a second after they were begun, 0 to 1. */
  readonly cancelled?: number | undefined
}

export interface Client {
  readonly name: ClientName
  /** Where the rule comes from: a package with its version, or a published rule. */
  readonly source: string
  /**
   * `clock`: waits on Effect's `Clock` only, so that `TestClock` drives it. `globals`: uses `Date` and `setTimeout`, which
   * the judge replaces by virtual ones.
   */
  readonly time: "clock" | "globals"
  /** Sends what `wire.next` gives, as fast as it sees fit, until interrupted. */
  readonly run: (wire: Wire, known: Known) => Effect.Effect<void, never, Scope.Scope>
}
