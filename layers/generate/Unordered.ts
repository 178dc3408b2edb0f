/**
 * Works on many elements of a stream at once and emits results as they come, those of one turn as one array. It is
 * `Stream.mapEffect` (concurrent, unordered) with three differences: an element is asked about before it begins, the work
 * of an element may end in nothing, and results go downstream together. One by one, each would pass a queue and every
 * later operator by itself, which costs about 30 µs of processor time.
 */
import {
  Array as Arr,
  type Cause,
  Effect,
  Exit,
  Fiber,
  Latch,
  type Pull,
  Scope,
  Stream
} from "effect"

export interface Work<in A, out B, out E, out R> {
  /** Elements begun whose result was not taken yet. */
  readonly limit: number
  /** Asked before each element: with a reason, nothing more is begun, and the stream fails with it at its end. */
  readonly stopped: () => E | undefined
  /** `undefined` is no result. */
  readonly work: (element: A) => Effect.Effect<B | undefined, never, R>
}

/** When the source ends or fails, or work is stopped, what is under way is finished and emitted first. */
export const map =
  <A, B, E2, R2>({ limit, stopped, work }: Work<A, B, E2, R2>) =>
  <E, R>(source: Stream.Stream<A, E, R>): Stream.Stream<B, E | E2, R | R2> =>
    Stream.transformPullBracket(
      source,
      Effect.fnUntraced(function* (pull, _, scope) {
        const runFork = Effect.runForkWith(yield* Effect.context<R2>())
        const ready = Latch.makeUnsafe(false)
        const room = Latch.makeUnsafe(false)
        const underWay = new Set<Fiber.Fiber<B | undefined>>()
        let finished: Array<B> = []
        let places = limit
        let end: Exit.Exit<never, E | E2 | Cause.Done> | undefined
        let defect: Cause.Cause<never> | undefined

        const begin = (element: A): void => {
          places--
          const fiber = runFork(work(element))
          underWay.add(fiber)
          fiber.addObserver((exit) => {
            underWay.delete(fiber)
            if (Exit.isFailure(exit)) defect ??= exit.cause
            else if (exit.value !== undefined) finished.push(exit.value)
            else {
              places++
              room.openUnsafe()
            }
            ready.openUnsafe()
          })
        }

        const feed = Effect.gen(function* () {
          while (true) {
            for (const element of yield* pull) {
              while (places <= 0) {
                room.closeUnsafe()
                yield* room.await
              }
              const stop = stopped()
              if (stop !== undefined) return yield* Effect.fail(stop)
              begin(element)
            }
          }
        })

        const next: Pull.Pull<Arr.NonEmptyReadonlyArray<B>, E | E2> = Effect.suspend(() => {
          if (defect !== undefined) return Effect.failCause(defect)
          if (Arr.isArrayNonEmpty(finished)) {
            const taken = finished
            finished = []
            places += taken.length
            room.openUnsafe()
            return Effect.succeed(taken)
          }
          if (end !== undefined && underWay.size === 0) return end
          ready.closeUnsafe()
          // What ends in the same turn is taken together.
          return ready.await.pipe(Effect.andThen(Effect.yieldNow), Effect.andThen(next))
        })

        yield* Scope.addFinalizer(
          scope,
          Effect.suspend(() => Fiber.interruptAll(underWay))
        )
        yield* feed.pipe(
          Effect.onExit((exit) =>
            Effect.sync(() => {
              end = exit
              ready.openUnsafe()
            })
          ),
          Effect.forkIn(scope)
        )
        return next
      })
    )
