/**
 * Lets many fibers share one commit. There is no timer: a commit takes all that is waiting, and what arrives while it
 * runs waits for the next one. One caller alone waits for one commit; a thousand wait for about two.
 */
import { Effect, type Exit, Fiber, Latch, type Scope } from "effect"
import type { NonEmptyArray } from "effect/Array"

/** Bounds of one commit, so that its memory is bounded and the event loop is not held for long. */
const MAX_RECORDS = 1000
const MAX_CHARACTERS = 4_000_000

/** Turns of the event loop that a commit may wait while others join it: a few milliseconds at full load. */
const MAX_TURNS = 64

/** Turns without anybody new after which it waits no longer. With one, every second commit held one record only. */
const QUIET_TURNS = 2

/** What one caller wants committed, as a whole or not at all. */
export interface Parcel {
  readonly records: number
  readonly characters: number
}

interface Waiting<P, E> {
  readonly parcel: P
  readonly resume: (exit: Exit.Exit<void, E>) => void
}

export interface GroupCommit<P, E> {
  /** Returns when the parcel is committed. Interrupted, it leaves the parcel in its commit and the others alone. */
  readonly submit: (parcel: P) => Effect.Effect<void, E>
}

/** @param closed what `submit` fails with after the scope has closed; what was submitted before it is committed */
export const make = Effect.fnUntraced(function* <P extends Parcel, E>(
  commit: (parcels: NonEmptyArray<P>) => Effect.Effect<void, E>,
  closed: () => E
): Effect.fn.Return<GroupCommit<P, E>, never, Scope.Scope> {
  const latch = yield* Latch.make(false)
  let queue: Array<Waiting<P, E>> = []
  let open = true

  const take = (): Array<Waiting<P, E>> => {
    let [count, records, characters] = [0, 0, 0]
    for (const { parcel } of queue) {
      records += parcel.records
      characters += parcel.characters
      // A parcel above the bounds is committed alone: it must not be split.
      if (count > 0 && (records > MAX_RECORDS || characters > MAX_CHARACTERS)) break
      count++
    }
    const taken = queue.slice(0, count)
    queue = queue.slice(count)
    return taken
  }

  /**
   * A commit costs about as much for one record as for ten. So it waits for as long as the turns of the event loop bring
   * more: where little happens that is two turns, and where much happens those that come join in. After a turn, what was
   * ready to be read has been read, and what follows from it has been done.
   */
  const gather = Effect.callback<void>((resume) => {
    let [turns, quiet, seen] = [0, 0, 0]
    let handle: NodeJS.Immediate
    const look = () => {
      quiet = queue.length > seen ? 0 : quiet + 1
      seen = queue.length
      if (quiet >= QUIET_TURNS || turns++ >= MAX_TURNS) resume(Effect.void)
      else handle = setImmediate(look)
    }
    look()
    return Effect.sync(() => clearImmediate(handle))
  })

  const drain = Effect.gen(function* () {
    while (true) {
      if (queue.length === 0) {
        if (!open) return
        latch.closeUnsafe()
        yield* latch.await
      }
      yield* gather
      const [first, ...others] = take()
      if (first === undefined) continue
      const group: NonEmptyArray<Waiting<P, E>> = [first, ...others]
      const exit = yield* Effect.exit(commit([first.parcel, ...others.map(({ parcel }) => parcel)]))
      for (const { resume } of group) resume(exit)
    }
  })

  const fiber = yield* Effect.forkDetach(drain)
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      open = false
      latch.openUnsafe()
      return Effect.asVoid(Fiber.await(fiber))
    })
  )

  return {
    submit: (parcel) =>
      Effect.callback<void, E>((resume) => {
        if (!open) return resume(Effect.fail(closed()))
        queue.push({ parcel, resume })
        latch.openUnsafe()
      })
  }
})
