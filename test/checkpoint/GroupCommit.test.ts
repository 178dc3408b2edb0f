import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Scope } from "effect"
import * as GroupCommit from "spillway/layers/checkpoint/sql/GroupCommit"

interface Parcel extends GroupCommit.Parcel {
  readonly name: string
}
const parcel = (name: string, records = 1, characters = 10): Parcel => ({
  name,
  records,
  characters
})
const names = (parcels: ReadonlyArray<Parcel>) => parcels.map(({ name }) => name).join("")

/** A group whose commits wait for the test, one release each. */
const held = Effect.gen(function* () {
  const commits: Array<string> = []
  const gates = yield* Effect.forEach([1, 2, 3, 4], () => Deferred.make<void, string>())
  const group = yield* GroupCommit.make<Parcel, string>(
    (parcels) =>
      Effect.suspend(() => {
        const gate = gates[commits.push(names(parcels)) - 1]
        return gate === undefined ? Effect.void : Deferred.await(gate)
      }),
    () => "closed"
  )
  const submit = (name: string, records?: number, characters?: number) =>
    Effect.forkChild(group.submit(parcel(name, records, characters)), { startImmediately: true })
  const finish = (commit: number, exit: Exit.Exit<void, string> = Exit.void) => {
    const gate = gates[commit]
    return gate === undefined ? Effect.void : Effect.asVoid(Deferred.done(gate, exit))
  }
  /** Lets the drain take what is there. */
  const settle = Effect.repeat(Effect.yieldNow, { times: 20 })
  return { commits, group, submit, finish, settle }
})

it.effect("commits at once for one, and gathers what arrives meanwhile for the next", () =>
  Effect.gen(function* () {
    const { commits, submit, finish, settle } = yield* held
    const a = yield* submit("a")
    yield* settle
    const [b, c] = [yield* submit("b"), yield* submit("c")]
    yield* settle
    assert.deepStrictEqual(commits, ["a"])
    yield* finish(0)
    yield* Fiber.join(a)
    yield* settle
    assert.deepStrictEqual(commits, ["a", "bc"])
    yield* finish(1)
    yield* Fiber.joinAll([b, c])
  })
)

it.live("lets those join that come in one turn of the event loop after another", () =>
  Effect.gen(function* () {
    const { commits, submit, finish, settle } = yield* held
    const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    const fibers = [yield* submit("a")]
    for (const name of ["b", "c", "d"]) {
      yield* turn
      fibers.push(yield* submit(name))
    }
    yield* settle
    assert.deepStrictEqual(commits, ["abcd"])
    yield* finish(0)
    yield* Fiber.joinAll(fibers)
  }).pipe(Effect.scoped)
)

it.effect("bounds a commit by records and by size, and never splits a parcel", () =>
  Effect.gen(function* () {
    const { commits, submit, finish, settle } = yield* held
    const fibers = [
      yield* submit("a", 600),
      yield* submit("b", 400),
      yield* submit("c", 1),
      yield* submit("D", 1, 9_000_000),
      yield* submit("e")
    ]
    for (const commit of [0, 1, 2, 3]) {
      yield* settle
      yield* finish(commit)
    }
    yield* Fiber.joinAll(fibers)
    assert.deepStrictEqual(commits, ["ab", "c", "D", "e"])
  })
)

it.effect("fails everyone in a failed commit, and nobody in the next", () =>
  Effect.gen(function* () {
    const { submit, finish, settle } = yield* held
    const [a, b] = [yield* submit("a"), yield* submit("b")]
    yield* settle
    const c = yield* submit("c")
    yield* finish(0, Exit.fail("disk full"))
    yield* finish(1)
    assert.deepStrictEqual(yield* Fiber.await(a), Exit.fail("disk full"))
    assert.deepStrictEqual(yield* Fiber.await(b), Exit.fail("disk full"))
    yield* Fiber.join(c)
  })
)

it.effect("commits what was submitted before its scope closed, and nothing after", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const { commits, group, submit, finish, settle } = yield* Scope.provide(held, scope)
    const a = yield* submit("a")
    yield* settle
    const b = yield* submit("b")
    const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), {
      startImmediately: true
    })
    assert.strictEqual(yield* Effect.flip(group.submit(parcel("c"))), "closed")
    yield* finish(0)
    yield* finish(1)
    yield* Fiber.joinAll([a, b, closing])
    assert.deepStrictEqual(commits, ["a", "b"])
  })
)

it.effect("goes on when one who waits is interrupted", () =>
  Effect.gen(function* () {
    const { commits, submit, finish, settle } = yield* held
    const [a, b] = [yield* submit("a"), yield* submit("b")]
    yield* settle
    yield* Fiber.interrupt(a)
    yield* finish(0)
    yield* Fiber.join(b)
    assert.deepStrictEqual(commits, ["ab"])
  })
)
