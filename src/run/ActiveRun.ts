/**
 * A run while a process works on it: its signal, its journal in the store, its cap and its counters.
 * `Run.open` makes one; limiter, breaker, budget and generate only borrow it.
 */
import type { Effect } from "effect"
import type { Journal } from "../checkpoint/CheckpointStore.ts"
import type { NanoUsd } from "../cost/Money.ts"
import type { RunSignal } from "./RunSignal.ts"

/** What happened in this invocation; plain numbers that only grow. */
export interface RunCounters {
  /** Requests that left for the provider, retries included. */
  sent: number
  /** Attempts after the first. */
  retries: number
  /** Attempts answered by 429. */
  rateLimited: number
  /** Attempts that may have been billed although no answer arrived. */
  unknownOutcome: number
  answered: number
  noAnswer: number
  failed: number
  /** Outcomes that came from the store, not from the provider. */
  fromStore: number
  inputTokens: number
  cachedInputTokens: number
  outputTokens: number
  reasoningTokens: number
  /** 1e-9 USD spent in this invocation, known and assumed. */
  spent: number
}

export const counters = (): RunCounters => ({
  sent: 0,
  retries: 0,
  rateLimited: 0,
  unknownOutcome: 0,
  answered: 0,
  noAnswer: 0,
  failed: 0,
  fromStore: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  spent: 0
})

export interface ActiveRun extends RunSignal {
  readonly name: string
  readonly journal: Journal
  /** The most that all invocations of this run together may spend. */
  readonly cap: NanoUsd | undefined
  readonly counters: RunCounters
  /** Completes when the whole run is told to stop. */
  readonly awaitStop: Effect.Effect<void>
}
