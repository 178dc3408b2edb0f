/**
 * Works on many elements of a stream at once and emits results as they come, those of one turn as one array. It is
 * `Stream.mapEffect` (concurrent, unordered) with three differences: an element is asked about before it begins, the work
 * of an element may end in nothing, and results go downstream together. One by one, each would pass a queue and every
 * later operator by itself, which costs about 30 µs of processor time.
 */
import { Array as Arr, type Cause, Effect, Exit, Fiber, Latch, Pull, Scope, Stream } from "effect"

export interface Work<in A, out B, out E, out R> {
  /** Elements begun whose result was not taken yet. */
  readonly limit: number
  /** With a reason to stop nothing more is begun or waited for, and the stream fails with it at its end. */
  readonly signal: {
    readonly stopped: () => E | undefined
    readonly onStop: (listener: () => void) => () => void
  }
  /** `undefined` is no result. */
  readonly work: (element: A) => Effect.Effect<B | undefined, never, R>
}

/**
 * However it ends (the source ends or fails, a stop comes while the source is waited for, the work on one element dies),
 * what is under way is finished and emitted first.
 */
export const map =
  <A, B, E2, R2>({ limit, signal, work }: Work<A, B, E2, R2>) =>
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
        let feeding: Fiber.Fiber<void, E | E2 | Cause.Done> | undefined

        /** The first reason to end counts; that there are no more elements is the least of them. */
        const finish = (exit: Exit.Exit<never, E | E2 | Cause.Done>): void => {
          if (end === undefined || isDone(end)) end = exit
          feeding?.interruptUnsafe()
          ready.openUnsafe()
        }
        const look = (): void => {
          const stop = signal.stopped()
          if (stop !== undefined) finish(Exit.fail(stop))
        }

        const begin = (element: A): void => {
          places--
          const fiber = runFork(work(element))
          underWay.add(fiber)
          fiber.addObserver((exit) => {
            underWay.delete(fiber)
            if (Exit.isFailure(exit)) finish(Exit.failCause(exit.cause))
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
              look()
              if (end !== undefined) return
              begin(element)
            }
          }
        })

        const next: Pull.Pull<Arr.NonEmptyReadonlyArray<B>, E | E2> = Effect.suspend(() => {
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

        const unlisten = signal.onStop(look)
        yield* Scope.addFinalizer(
          scope,
          Effect.suspend(() => {
            unlisten()
            return Fiber.interruptAll(underWay)
          })
        )
        look()
        feeding = yield* feed.pipe(
          Effect.onExit((exit) =>
            Effect.sync(() => {
              if (Exit.isFailure(exit) && end === undefined) end = Exit.failCause(exit.cause)
              ready.openUnsafe()
            })
          ),
          Effect.forkIn(scope)
        )
        return next
      })
    )

const isDone = (exit: Exit.Exit<never, unknown>): boolean =>
  Exit.isFailure(exit) && Pull.isDoneCause(exit.cause)
