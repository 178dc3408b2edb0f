/**
 * Shows a run's progress on standard error: a live block on a terminal, a line now and then elsewhere, nothing on
 * request. The text itself is made in `src/report/ProgressLines.ts`.
 */
import { Effect, Stream } from "effect"
import { createLogUpdate } from "log-update"
import type { RateLimiter } from "../../src/rate-limit/RateLimiter.ts"
import * as ProgressLines from "../../src/report/ProgressLines.ts"
import type { ActiveRun } from "../../src/run/ActiveRun.ts"
import * as Progress from "../../src/run/Progress.ts"

export interface DisplayOptions extends ProgressLines.Heading {
  readonly total: number | undefined
  /** `silent` writes nothing at all. */
  readonly mode: "auto" | "silent"
}

/** How often a log that is no terminal gets a line. */
const PLAIN_EVERY = "5 seconds"
const LIVE_EVERY = "200 millis"

/** Shows until it is interrupted, then leaves nothing of the live block behind. */
export const show = (
  active: ActiveRun,
  options: DisplayOptions
): Effect.Effect<void, never, RateLimiter> => {
  if (options.mode === "silent") return Effect.void
  const terminal = process.stderr.isTTY === true && process.env.TERM !== "dumb"
  return terminal ? live(active, options) : plain(active, options)
}

const live = (active: ActiveRun, options: DisplayOptions) =>
  Effect.acquireUseRelease(
    Effect.sync(() => createLogUpdate(process.stderr, { showCursor: true })),
    (update) =>
      Progress.stream(active, { total: options.total, every: LIVE_EVERY }).pipe(
        Stream.runForEach((progress) =>
          Effect.sync(() =>
            update(ProgressLines.live(options, progress, process.stderr.columns ?? 80).join("\n"))
          )
        )
      ),
    (update) => Effect.sync(() => update.clear())
  )

const plain = (active: ActiveRun, options: DisplayOptions) =>
  Progress.stream(active, { total: options.total, every: PLAIN_EVERY }).pipe(
    Stream.runForEach((progress) =>
      Effect.sync(() => process.stderr.write(`${ProgressLines.plain(options, progress)}\n`))
    )
  )
