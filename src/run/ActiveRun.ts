/**
 * A run while a process works on it: its signal, its journal in the store, its cap and its counters.
 * `Run.open` makes one; limiter, breaker, budget and generate only borrow it.
 */
import { Effect } from "effect"
import type { Journal } from "../checkpoint/CheckpointStore.ts"
import { type NanoUsd, zero } from "../cost/Money.ts"
import * as RunSignal from "./RunSignal.ts"

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
  /** Items passed over, because an earlier invocation had delivered them. */
  delivered: number
  inputTokens: number
  cachedInputTokens: number
  outputTokens: number
  reasoningTokens: number
  /** Answers written by a simulated provider. */
  simulated: number
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
  delivered: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  simulated: 0,
  spent: 0
})

export interface ActiveRun extends RunSignal.RunSignal {
  readonly name: string
  readonly journal: Journal
  /** The most that all invocations of this run together may spend. */
  readonly cap: NanoUsd | undefined
  readonly counters: RunCounters
  /** For the person, each once: unknown prices, models about to retire. */
  readonly warnings: Set<string>
}

const nothing: Journal = {
  run: "ephemeral",
  recovered: { spent: zero, unresolved: 0, answered: 0, failed: 0 },
  append: () => Effect.void,
  lookup: () => Effect.succeed(new Map()),
  delivered: () => Effect.succeed(new Map())
}

/** A run that keeps nothing and has no cap: for a single request outside any run. */
export const ephemeral = (): ActiveRun => make({ name: "ephemeral", journal: nothing })

export const make = (options: {
  readonly name: string
  readonly journal: Journal
  readonly cap?: NanoUsd | undefined
  readonly weight?: number | undefined
}): ActiveRun => ({
  ...RunSignal.make({ id: options.journal.run, weight: options.weight ?? 1 }),
  name: options.name,
  journal: options.journal,
  cap: options.cap,
  counters: counters(),
  warnings: new Set()
})
