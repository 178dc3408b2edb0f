/** The provider that the store was filled from; the first request that reaches it ends the measurement. */
import { Effect, Layer, Stream } from "effect"
import { OpenAiTransport } from "spillway/transport/OpenAiTransport"

export const provider = { id: "simulated:resume", account: "bench", simulated: true }

/** @param dispatched called with the body of each request; nothing is answered */
export const layer = (dispatched: (body: unknown) => void) =>
  Layer.succeed(
    OpenAiTransport,
    OpenAiTransport.of({
      provider,
      send: (call) =>
        Effect.andThen(
          Effect.sync(() => dispatched(call.body)),
          Effect.never
        ),
      upload: () => Effect.never,
      download: () => Stream.never
    })
  )
