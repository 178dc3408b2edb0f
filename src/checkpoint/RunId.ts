/** Names one start of a run in its store: short enough to type, free of characters that a shell or a path minds. */
import { Clock, Effect, Random } from "effect"

/** The time of the start and six random characters, base 36: `mi8x2k1p-4fz0q7`. Ids sort by age. */
export const make: Effect.Effect<string> = Effect.gen(function* () {
  const now = yield* Clock.currentTimeMillis
  const random = yield* Random.nextIntBetween(0, 36 ** 6)
  return `${now.toString(36)}-${random.toString(36).padStart(6, "0")}`
})
