/**
 * Drives an open run: prepares its items, generates, and hands every outcome to a handler in groups. Whatever ends it
 * (a stop, a failing handler, an interruption), what was sent comes home first, because it is paid for.
 */
import { Effect, Fiber, Result, Stream } from "effect"
import * as Arr from "effect/Array"
import type { StoreError } from "../checkpoint/CheckpointStore.ts"
import { RunStopped } from "../error/RunStopped.ts"
import { Generate } from "../generate/Generate.ts"
import type { ActiveRun } from "./ActiveRun.ts"
import * as Delivery from "./Delivery.ts"
import type * as ItemPreparation from "./ItemPreparation.ts"
import type { Run } from "./Run.ts"

/** The stop that an interruption, a SIGINT or a SIGTERM makes. */
export const interrupted = new RunStopped({
  why: "interrupted",
  detail: "Interrupted; what was in flight is saved. Start the same run again to go on."
})

/** Outcomes that the handler gets at once, where the run does not say. */
const GROUP = 100

/**
 * Returns when every item has ended. Fails with `RunStopped` on a stop, after draining; with the handler's own error
 * after draining too, the outcomes it did not take being stored. An interruption drains as well, and interrupts once
 * everything is home; where the run had been told to stop already, it interrupts at once.
 */
export const process = Effect.fn("Run.process")(function* <Item, A, E, R, E2, R2>(
  run: Run<Item, A>,
  active: ActiveRun,
  prepared: Stream.Stream<ItemPreparation.Prepared<Item>, E, R>,
  handle: Delivery.Sink<Item, A, E2, R2>
): Effect.fn.Return<void, E | E2 | StoreError | RunStopped, R | R2 | Generate> {
  const generate = yield* Generate
  /** Items on their way, bounded by the look-ahead of `generateMany`. */
  const pending = new Map<number, Delivery.Identity<Item>>()
  const refused: Array<Delivery.Delivery<Item, A>> = []
  let handlerError: { readonly error: E2 } | undefined
  let streamError: { readonly error: E | StoreError | RunStopped } | undefined

  const requests = Stream.filterMap(prepared, (one) => {
    if (one._tag === "Ready") {
      pending.set(one.index, one)
      return Result.succeed(one)
    }
    const { item, itemId, index, key, failure } = one
    active.counters.failed++
    refused.push({ item, itemId, index, key, _tag: "Failed", failure, from: "network" })
    return Result.failVoid
  })

  const hand = (group: ReadonlyArray<Delivery.Delivery<Item, A>>) => {
    const all = [...refused.splice(0), ...group]
    if (handlerError !== undefined || !Arr.isArrayNonEmpty(all)) return Effect.void
    return handle(all).pipe(
      Effect.catch((error) =>
        Effect.sync(() => {
          handlerError = { error }
          active.stop(
            new RunStopped({
              why: "sink",
              detail: "The sink failed. What it did not take is stored."
            })
          )
        })
      )
    )
  }

  const { groupSize = GROUP, retryFailed = false } = run.options
  const work = generate.generateMany(requests, active, { retryFailed }).pipe(
    Stream.map((outcome) => {
      const identity = pending.get(outcome.index)
      pending.delete(outcome.index)
      if (identity === undefined)
        throw new Error(`Generate answered item ${outcome.index}, which is not under way`)
      const { item, itemId, index, key } = identity
      return Delivery.make({ item, itemId, index, key }, outcome, run.decode)
    }),
    Stream.catch((error) => {
      streamError = { error }
      return Stream.empty
    }),
    Stream.groupedWithin(groupSize, "1 second"),
    Stream.runForEach(hand),
    Effect.andThen(Effect.suspend(() => hand([])))
  )

  yield* Effect.scoped(
    Effect.gen(function* () {
      const worker = yield* Effect.forkScoped(work)
      yield* Fiber.join(worker).pipe(
        Effect.onInterrupt(() => {
          if (active.stopped() !== undefined) return Effect.void
          active.stop(interrupted)
          return Effect.asVoid(Fiber.await(worker))
        })
      )
    })
  )
  const failed = handlerError ?? streamError
  if (failed !== undefined) return yield* Effect.fail(failed.error)
})
