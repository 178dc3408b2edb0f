/**
 * Ends a Node program gently. The first SIGINT or SIGTERM asks the open runs to stop: they drain, save, and end with
 * `RunStopped`, whose exit code is 130. The second one, or the first where no run is open, interrupts at once.
 *
 * `runMain` stands in for `NodeRuntime.runMain`, which interrupts at the first signal: a run then drains as well, but
 * a second signal cannot hurry it. Repeats within half a second are the same wish.
 */
import { Effect, Runtime } from "effect"
import { Shutdown, type ShutdownRequests } from "../../src/run/Shutdown.ts"

const SIGNALS = ["SIGINT", "SIGTERM"] as const

/**
 * One Ctrl-C may arrive twice: the terminal gives it to every process in the foreground, and `npm run`, one of them,
 * hands it on to its child. Milliseconds in which a signal is taken for the same wish.
 */
const SAME_WISH = 500

/** Listeners of one program, and whether the wish was uttered. */
const make = (): ShutdownRequests & { readonly request: () => boolean } => {
  const listeners = new Set<() => void>()
  let requested = false
  return {
    onRequest: (listener) => {
      listeners.add(listener)
      if (requested) listener()
      return () => listeners.delete(listener)
    },
    /** False where nobody is there to act on it, or it was said before. */
    request: () => {
      const first = !requested && listeners.size > 0
      requested = true
      for (const listener of [...listeners]) listener()
      return first
    }
  }
}

const main = (requests: ReturnType<typeof make>) =>
  Runtime.makeRunMain(({ fiber, teardown }) => {
    let signalledAt: number | undefined
    const onSignal = () => {
      const now = performance.now()
      if (signalledAt !== undefined && now - signalledAt < SAME_WISH) return
      signalledAt = now
      if (!requests.request()) fiber.interruptUnsafe(fiber.id)
    }
    for (const signal of SIGNALS) process.on(signal, onSignal)
    fiber.addObserver((exit) => {
      for (const signal of SIGNALS) process.removeListener(signal, onSignal)
      teardown(exit, (code) => {
        if (signalledAt !== undefined || code !== 0) process.exit(code)
      })
    })
  })

/** Runs a program to its end, exit code included. */
export const runMain = <E, A>(
  program: Effect.Effect<A, E>,
  options?: { readonly teardown?: Runtime.Teardown; readonly disableErrorReporting?: boolean }
): void => {
  const requests = make()
  main(requests)(Effect.provideService(program, Shutdown, requests), options ?? {})
}
