/**
 * A run while a process works on it: its signal, its journal in the store, its cap and its counters.
 * `Run.open` makes one; limiter, breaker, budget and generate only borrow it.
 */
import { Effect, Stream } from "effect"
import type { ShardId } from "../checkpoint/BatchRecord.ts"
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
  /** Items beyond those the run began with: later turns of conversations, what judges are asked. Part of the total. */
  added: number
  inputTokens: number
  cachedInputTokens: number
  outputTokens: number
  reasoningTokens: number
  /** Answers written by a simulated provider. */
  simulated: number
  /** 1e-9 USD spent in this invocation, known and assumed: the sum of `costOnline` and `costBatch`. */
  spent: number
  /** Spent on requests in real time, and by batches. All of these are in 1e-9 USD and counted by `cost/SpendCount.ts`. */
  costOnline: number
  costBatch: number
  /** Part of what was spent: input that was read from the prompt cache. */
  costCachedInput: number
  /** Part of what was spent: attempts that may have been billed although no answer arrived, at their worst case. */
  costUnknown: number
  /** Part of `costUnknown`: those whose request was sent once more. */
  costRetried: number
  /** Part of what was spent: second answers to a request that had one. */
  costDuplicated: number
  /** What the same answers would have cost more at the standard tier, and without the prompt cache (which may be below 0). */
  savedByBatch: number
  savedByCache: number
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
  added: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  simulated: 0,
  spent: 0,
  costOnline: 0,
  costBatch: 0,
  costCachedInput: 0,
  costUnknown: 0,
  costRetried: 0,
  costDuplicated: 0,
  savedByBatch: 0,
  savedByCache: 0
})

/** How the run wants work to be handled that takes hours. */
export interface Patience {
  /** Submit all that can be submitted, then stop instead of waiting for it. */
  readonly detach: boolean
  /** What becomes of batches under way where the run is stopped: they go on at the provider, or are cancelled. */
  readonly whenStopped: "detach" | "cancel"
  /** Unix milliseconds by which all is to be done; nothing is known of one where absent. */
  readonly deadline: number | undefined
}

export const patient: Patience = { detach: false, whenStopped: "detach", deadline: undefined }

/** Batches that are with the provider now. */
export interface BatchGauge {
  /** How many, and their lines. */
  open: number
  lines: number
  /** Lines that the provider says it is done with. */
  done: number
  /** Shards that an earlier start has planned, and not submitted. */
  waiting: ReadonlyArray<ShardId>
}

export interface ActiveRun extends RunSignal.RunSignal {
  readonly name: string
  readonly journal: Journal
  /** The most that all invocations of this run together may spend. */
  readonly cap: NanoUsd | undefined
  readonly counters: RunCounters
  readonly patience: Patience
  readonly batches: BatchGauge
  /** When the first work of this invocation began, in Unix milliseconds; noted by `Vitals.ts`. */
  readonly began: { at: number | undefined }
  /** For the person, each once: unknown prices, models about to retire. */
  readonly warnings: Set<string>
}

/** The id of every run that keeps nothing. */
export const EPHEMERAL = "ephemeral"

const nothing: Journal = {
  run: EPHEMERAL,
  recovered: { spent: zero, unresolved: 0, answered: 0, failed: 0 },
  append: () => Effect.void,
  lookup: () => Effect.succeed(new Map()),
  delivered: () => Effect.succeed(new Map()),
  finishedBlocks: Effect.succeed({ blocks: new Map(), redelivered: [] }),
  finishedBlock: (seq) => Effect.die(new RangeError(`There is no block ${seq}.`)),
  replaceResults: Stream.runDrain
}

/** A run that keeps nothing and has no cap: for a single request outside any run. */
export const ephemeral = (): ActiveRun => make({ name: "ephemeral", journal: nothing })

export const make = (options: {
  readonly name: string
  readonly journal: Journal
  readonly cap?: NanoUsd | undefined
  readonly weight?: number | undefined
  readonly patience?: Patience | undefined
  readonly batches?: BatchGauge | undefined
}): ActiveRun => ({
  ...RunSignal.make({ id: options.journal.run, weight: options.weight ?? 1 }),
  name: options.name,
  journal: options.journal,
  cap: options.cap,
  counters: counters(),
  patience: options.patience ?? patient,
  batches: options.batches ?? { open: 0, lines: 0, done: 0, waiting: [] },
  began: { at: undefined },
  warnings: new Set()
})
