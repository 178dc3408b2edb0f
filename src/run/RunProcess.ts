/**
 * Drives an open run: prepares its items, generates, and hands every outcome to a handler in groups. Whatever ends it
 * (a stop, a failing handler, an interruption), what was sent comes home first, because it is paid for.
 */
import { Cause, Effect, Fiber, Queue, Result, Stream } from "effect"
import * as Arr from "effect/Array"
import type { StoreError } from "../checkpoint/CheckpointStore.ts"
import { RunStopped } from "../error/RunStopped.ts"
import { Generate, type Outcome } from "../generate/Generate.ts"
import type { ActiveRun } from "./ActiveRun.ts"
import * as Delivery from "./Delivery.ts"
import type * as ItemPreparation from "./ItemPreparation.ts"
import * as PromptCaching from "./PromptCaching.ts"
import type { Run } from "./Run.ts"
import * as SharedAnswers from "./SharedAnswers.ts"
import * as Vitals from "./Vitals.ts"

/** The stop that an interruption, a SIGINT or a SIGTERM makes. */
export const interrupted = new RunStopped({
  why: "interrupted",
  detail: "Interrupted; what was in flight is saved. Start the same run again to go on."
})

/** Outcomes that the handler gets at once, where the run does not say. */
const GROUP = 100

const sinkFailed = new RunStopped({
  why: "sink",
  detail: "The sink or the decoding of an answer failed. What was not delivered is stored."
})

/**
 * Returns when every item has ended. Fails with `RunStopped` on a stop, after draining; with the handler's own failure or
 * defect after draining too, the outcomes it did not take being stored. An interruption drains as well, and interrupts
 * once everything is home; only where the run had been interrupted already, it interrupts at once.
 */
export const process = Effect.fn("Run.process")(function* <Item, A, E, R, E2, R2>(
  run: Run<Item, A>,
  active: ActiveRun,
  prepared: Stream.Stream<ItemPreparation.Prepared<Item>, E, R>,
  handle: Delivery.Sink<Item, A, E2, R2>
): Effect.fn.Return<void, E | E2 | StoreError | RunStopped, R | R2 | Generate> {
  const generate = yield* Generate
  const {
    dedupe = false,
    groupSize = GROUP,
    promptCaching = false,
    retryFailed = false
  } = run.options
  const shared = dedupe ? SharedAnswers.make(active.counters) : undefined
  /** Items on their way, bounded by the look-ahead of `generateMany`. */
  const pending = new Map<number, Delivery.Identity<Item>>()
  /** The first failure downstream of the calls. It must not end the stream by itself: calls under way are paid for. */
  let failed: Cause.Cause<E2> | undefined
  let ended: Cause.Cause<E | StoreError | RunStopped> | undefined

  const fail = (cause: Cause.Cause<E2>) => {
    failed ??= cause
    active.stop(sinkFailed)
  }

  const gone = (model: string) =>
    active.stopped() === undefined && active.stopped(model) !== undefined

  /** Items that cannot be sent go past the generating, into the same groups; bounded, so that the source waits for it. */
  const refused = yield* Queue.bounded<Delivery.Delivery<Item, A>, Cause.Done>(groupSize)
  const items = (promptCaching ? PromptCaching.apply(prepared) : prepared).pipe(
    Stream.mapArrayEffect((page) =>
      Effect.gen(function* () {
        if (shared !== undefined) yield* shared.room
        for (const one of page) {
          if (one._tag === "Ready") continue
          const { item, itemId, index, key, failure } = one
          active.counters.failed++
          yield* Queue.offer(refused, {
            item,
            itemId,
            index,
            key,
            _tag: "Failed",
            failure,
            from: "network"
          })
        }
        return page
      })
    ),
    Stream.filterMap((one) => {
      // Of a model that is gone nothing is sent any more; other models may still come.
      if (one._tag === "Refused" || gone(one.request.model)) return Result.failVoid
      pending.set(one.index, one)
      return shared?.first(one.key, one.index) === false ? Result.failVoid : Result.succeed(one)
    })
  )

  const deliveryOf = (outcome: Outcome): Result.Result<Delivery.Delivery<Item, A>, void> => {
    const identity = pending.get(outcome.index)
    pending.delete(outcome.index)
    if (failed !== undefined || identity === undefined) return Result.failVoid
    try {
      const { item, itemId, index, key } = identity
      const delivery = Delivery.make({ item, itemId, index, key }, outcome, run.decode)
      if (outcome._tag === "Answered" && delivery._tag === "NoAnswer") {
        active.counters.answered--
        active.counters.noAnswer++
      }
      return Result.succeed(delivery)
    } catch (defect) {
      fail(Cause.die(defect))
      return Result.failVoid
    }
  }

  const outcomes = generate.generateMany(items, active, { retryFailed })
  const all =
    shared === undefined
      ? outcomes
      : Stream.mapArray(outcomes, (page) => Arr.flatMap(page, shared.outcomes))
  const work = all.pipe(
    Stream.filterMap(deliveryOf),
    Stream.catchCause((cause) => {
      ended = cause
      return Stream.empty
    }),
    Stream.ensuring(Queue.end(refused)),
    Stream.merge(Stream.fromQueue(refused)),
    Stream.groupedWithin(groupSize, "1 second"),
    Stream.runForEach((group) =>
      failed !== undefined || !Arr.isArrayNonEmpty(group)
        ? Effect.void
        : Effect.catchCause(handle(group), (cause) => Effect.sync(() => fail(cause)))
    )
  )

  yield* Effect.scoped(
    Effect.gen(function* () {
      const worker = yield* Effect.forkScoped(Vitals.during(active, work))
      yield* Fiber.join(worker).pipe(
        Effect.onInterrupt(() => {
          if (active.stopped()?.why === "interrupted") return Effect.void
          active.stop(interrupted)
          return Effect.asVoid(Fiber.await(worker))
        })
      )
    })
  )
  if (failed !== undefined) return yield* Effect.failCause(failed)
  if (ended !== undefined) return yield* Effect.failCause(ended)
})
