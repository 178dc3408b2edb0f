/**
 * The stop signal of one run: whoever waits for the run (limiter, breaker, source) is told at once, and
 * what has been sent already is left to finish. Synchronous, so that hot paths can ask without an Effect.
 */
import type { RunStopped } from "../error/RunStopped.ts"

export interface RunSignal {
  readonly id: string
  /** Share of the quota among runs that wait for the same pool; 1 is the usual one. */
  readonly weight: number
  /** The reason to send nothing more for this model, if there is one. Without a model: for the whole run. */
  readonly stopped: (model?: string) => RunStopped | undefined
  /** The first stop there was, of whatever scope: a run with one did not finish. */
  readonly anyStop: () => RunStopped | undefined
  /** Called at every stop, after `stopped` answers it. Returns how to take the listener away. */
  readonly onStop: (listener: () => void) => () => void
  /** The first call for a scope wins. With a model only what uses that model stops. Never throws. */
  readonly stop: (why: RunStopped, model?: string) => void
}

export const make = (options: { readonly id: string; readonly weight?: number }): RunSignal => {
  let whole: RunStopped | undefined
  const models = new Map<string, RunStopped>()
  const listeners = new Set<() => void>()
  return {
    id: options.id,
    weight: options.weight ?? 1,
    stopped: (model) => whole ?? (model === undefined ? undefined : models.get(model)),
    anyStop: () => whole ?? models.values().next().value,
    onStop: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop: (why, model) => {
      if (whole !== undefined || (model !== undefined && models.has(model))) return
      if (model === undefined) whole = why
      else models.set(model, why)
      for (const listener of [...listeners]) listener()
    }
  }
}
