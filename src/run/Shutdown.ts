/**
 * The wish of whoever runs the program that it end soon: open runs then stop sending, bring home what is in flight, and
 * save it. The default never asks; `layers/run/NodeShutdown.ts` asks at the first SIGINT or SIGTERM.
 */
import { Context } from "effect"

export interface ShutdownRequests {
  /** Calls the listener at the request, at once if there was one already. Returns how to take it away. */
  readonly onRequest: (listener: () => void) => () => void
}

export const Shutdown = Context.Reference<ShutdownRequests>("spillway/run/Shutdown", {
  defaultValue: () => ({ onRequest: () => () => {} })
})
