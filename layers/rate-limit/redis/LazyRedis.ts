/**
 * A Redis by its URL that is connected to when it is needed, and again after it was gone: a program starts and goes on
 * without it. The driver, the package `redis`, is loaded only here. `NodeRedis` of `@effect/platform-node` is of no use for
 * that: it fails where Redis is away at the start, and its end waits for answers that a dead peer never gives.
 */
import { Duration, Effect, Exit, Redacted, Scope, Semaphore } from "effect"
import * as Redis from "effect/persistence/Redis"
import type { Caller } from "./QuotaCalls.ts"

/** For connecting. */
const PATIENCE = Duration.seconds(3)

type Driver = typeof import("redis")

const failed = (cause: unknown) => new Redis.RedisError({ cause })

const loadDriver = Effect.promise(
  (): Promise<Driver> =>
    import("redis").catch((cause: unknown) => {
      throw new Error("A quota shared through Redis needs the package redis.", { cause })
    })
)

interface Connection {
  readonly eval: Caller["eval"]
  readonly close: Effect.Effect<void>
}

/** A connection that fails once and for all, until `close` or the end of the scope. */
const connect = Effect.fnUntraced(function* (
  { createClient }: Driver,
  url: Redacted.Redacted,
  outer: Scope.Scope
) {
  const client = yield* Effect.try({
    try: () =>
      createClient({
        url: Redacted.value(url),
        disableOfflineQueue: true,
        socket: { connectTimeout: Duration.toMillis(PATIENCE), reconnectStrategy: false }
      }),
    catch: failed
  })
  // Without a listener an error would end the process; the calls fail with it, too.
  client.on("error", () => {})
  const scope = yield* Scope.fork(outer)
  const destroy = Effect.sync(() => {
    if (client.isOpen) client.destroy()
  })
  yield* Scope.addFinalizer(scope, destroy)
  const close = Scope.close(scope, Exit.void)
  yield* Effect.tryPromise({ try: () => client.connect(), catch: failed }).pipe(
    Effect.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : close))
  )
  const unused = Effect.fail(failed(new Error("Only scripts are run here.")))
  const redis = yield* Redis.make({
    send: <A>(command: string, ...args: ReadonlyArray<string>) =>
      Effect.tryPromise({
        try: () => client.sendCommand([command, ...args]) as Promise<A>,
        catch: failed
      }),
    subscribe: () => unused,
    connect: unused
  }).pipe(Effect.provideService(Scope.Scope, scope))
  const connection: Connection = { eval: redis.eval, close }
  return connection
})

/** Dies where the driver is not installed. Waits for a first connection, but not long, and does without. */
export const make = Effect.fn("LazyRedis.make")(function* (url: Redacted.Redacted) {
  // Made now, so that it ends after whatever is made from here on has said its last word.
  const outer = yield* Scope.fork(yield* Effect.scope)
  const driver = yield* loadDriver
  const one = yield* Semaphore.make(1)
  let connection: Connection | undefined
  const get = one.withPermits(1)(
    Effect.suspend(() =>
      connection !== undefined
        ? Effect.succeed(connection)
        : Effect.tap(connect(driver, url, outer), (made) =>
            Effect.sync(() => {
              connection = made
            })
          )
    )
  )
  const giveUp = (gone: Connection | undefined) =>
    Effect.suspend(() => {
      if (connection === gone) connection = undefined
      return gone?.close ?? Effect.void
    })
  const caller: Caller = {
    eval:
      (script) =>
      (...params) =>
        Effect.flatMap(get, (used) =>
          Effect.tapError(used.eval(script)(...params), () => giveUp(used))
        ),
    suspect: Effect.suspend(() => giveUp(connection))
  }
  yield* get.pipe(Effect.timeout(PATIENCE), Effect.ignore)
  return caller
})
