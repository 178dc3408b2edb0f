/**
 * The Redis of the tests, at SPILLWAY_TEST_REDIS_PORT of this machine, 6379 by default. Where there is none they are skipped,
 * but fail in CI. Every test has a prefix of its own, and fails if it leaves a key without an end.
 */
import { createConnection, createServer, type Socket } from "node:net"
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { assert } from "@effect/vitest"
import { Effect, Layer, References } from "effect"
import * as Redis from "effect/persistence/Redis"

export const PORT = Number(process.env.SPILLWAY_TEST_REDIS_PORT ?? 6379)
export const URL = `redis://127.0.0.1:${PORT}`

export const client = NodeRedis.layer({ url: URL })

export const reachable = await Effect.runPromise(
  Redis.Redis.use((redis) => redis.send("PING")).pipe(
    Effect.provide(client),
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.as(true),
    Effect.catchCause(() => Effect.succeed(process.env.CI === "true"))
  )
)

const keysOf = (prefix: string) =>
  Redis.Redis.use((redis) => redis.send<ReadonlyArray<string>>("KEYS", `${prefix}*`))

let prefixes = 0

/** Checked and removed with the scope. */
export const prefix = Effect.acquireRelease(
  Effect.sync(() => `test-${process.pid}-${Date.now()}-${prefixes++}:`),
  (own) =>
    Effect.gen(function* () {
      const redis = yield* Redis.Redis
      const keys = yield* keysOf(own)
      for (const key of keys) {
        assert.isAbove(yield* redis.send<number>("PTTL", key), 0, `${key} ends some time`)
        assert.notMatch(key, /:processes$/, "every process has said goodbye")
      }
      if (keys.length > 0) yield* redis.send("DEL", ...keys)
    }).pipe(Effect.orDie)
)

/** A way to Redis that can be cut, mended, and made so slow that nothing arrives. */
export interface Line {
  readonly url: string
  readonly cut: Effect.Effect<void>
  readonly mend: Effect.Effect<void>
  readonly stall: Effect.Effect<void>
}

export const line: Effect.Effect<Line, never, import("effect").Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.callback<{
      readonly port: number
      readonly sockets: Set<Socket>
      readonly state: { open: boolean; stalled: boolean }
      readonly close: () => void
    }>((resume) => {
      const sockets = new Set<Socket>()
      const state = { open: true, stalled: false }
      const server = createServer((near) => {
        if (!state.open) return void near.destroy()
        const far = createConnection({ host: "127.0.0.1", port: PORT })
        for (const [from, to] of [
          [near, far],
          [far, near]
        ] as const) {
          sockets.add(from)
          from.on("error", () => {})
          from.on("close", () => {
            sockets.delete(from)
            to.destroy()
          })
          from.on("data", (data) => {
            if (!state.stalled) to.write(data)
          })
        }
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ port, sockets, state, close: () => server.close() }))
      })
    }),
    ({ close, sockets }) =>
      Effect.sync(() => {
        close()
        for (const socket of sockets) socket.destroy()
      })
  ),
  ({ port, sockets, state }) => ({
    url: `redis://127.0.0.1:${port}`,
    cut: Effect.sync(() => {
      state.open = false
      for (const socket of sockets) socket.destroy()
    }),
    mend: Effect.sync(() => {
      state.open = true
      state.stalled = false
    }),
    stall: Effect.sync(() => {
      state.stalled = true
    })
  })
)

/** `prefix` with a client to look with. */
export const ownPrefix = Layer.effectDiscard(prefix)
