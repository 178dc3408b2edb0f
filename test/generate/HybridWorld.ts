/**
 * Programs in hybrid mode over a simulated provider, a store and a folder that outlive them (`../batch-jobs/BatchWorld.ts`):
 * started, stopped, killed and started again in virtual time.
 */
import { assert } from "@effect/vitest"
import { Clock, Effect, Exit, FileSystem, Layer, Result, Scope, Stream } from "effect"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import type { RunRecord } from "spillway/checkpoint/RunRecord"
import type { GenerateRequest } from "spillway/request/GenerateRequest"
import type { Delivery } from "spillway/run/Delivery"
import * as Run from "spillway/run/Run"
import type { RunOptions } from "spillway/run/RunOptions"
import type { RunReport } from "spillway/run/RunReport"
import { Shutdown } from "spillway/run/Shutdown"
import * as Faults from "spillway/simulator/Faults"
import { OpenAiTransport } from "spillway/transport/OpenAiTransport"
import * as BatchWorld from "../batch-jobs/BatchWorld.ts"
import { program, type Settings, SMALLEST } from "./HybridProgram.ts"

export type At = BatchWorld.World

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

/** Requests a minute that real time answers here. */
export const PACE = 300

/** Batches of 20 minutes, lines of a few tokens, no limit that binds but the requests a minute. */
export const world = (options: BatchWorld.Options = {}) =>
  BatchWorld.make({
    tier: "unlimited",
    limits: { requestsPerMinute: PACE, tokensPerMinute: 10_000_000 },
    ...options,
    batch: { medianMs: 20 * MINUTE, spread: 0.3, ...options.batch },
    config: { maxLines: 50_000, ...options.config }
  })

export interface Started {
  readonly deliveries: ReadonlyArray<Delivery<number>>
  /** Milliseconds from the start to the last outcome that the sink got. */
  readonly lastAt: number
  /** And to the end of the run. */
  readonly endedAt: number
  readonly stopped: unknown
  readonly report: RunReport | undefined
}

export interface StartOptions extends RunOptions, Settings {
  readonly request?: (item: number) => GenerateRequest
  /** Milliseconds from the start. */
  readonly within?: number
  /** Milliseconds from the start at which the run is asked to stop. */
  readonly stopAt?: number
}

/** Asks the run to stop after a while, as Ctrl-C does. */
const stopping = (after: number | undefined) =>
  Layer.effect(
    Shutdown,
    Effect.gen(function* () {
      const listeners = new Set<() => void>()
      const ask = Effect.sync(() => {
        for (const listener of listeners) listener()
      })
      if (after !== undefined) yield* Effect.forkScoped(Effect.delay(ask, after))
      return {
        onRequest: (listener) => {
          listeners.add(listener)
          return () => listeners.delete(listener)
        }
      }
    })
  )

/** One start of a run of so many items, in a program of its own, to its end. */
export const start = Effect.fnUntraced(function* <E = never>(
  at: BatchWorld.World,
  items: number | Stream.Stream<number, E>,
  {
    hybrid,
    limits,
    request = BatchWorld.prompt,
    simulated,
    stopAt,
    within,
    ...options
  }: StartOptions = {}
) {
  const began = yield* Clock.currentTimeMillis
  const deliveries: Array<Delivery<number>> = []
  let lastAt = 0
  const source: Stream.Stream<number, E> =
    typeof items !== "number" ? items : items === 0 ? Stream.empty : Stream.range(0, items - 1)
  const run = Run.make({
    ...options,
    ...(within === undefined ? {} : { deadline: began + within }),
    name: "run",
    id: String,
    request
  })
  const ended = yield* Run.deliver(run, source, (group) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      deliveries.push(...group)
      lastAt = now - began
    })
  ).pipe(
    Effect.provide(
      Layer.mergeAll(
        program(at, {
          ...(hybrid === undefined ? {} : { hybrid }),
          ...(limits === undefined ? {} : { limits }),
          ...(simulated === undefined ? {} : { simulated })
        }),
        stopping(stopAt)
      )
    ),
    Effect.result
  )
  const started: Started = {
    deliveries,
    lastAt,
    endedAt: (yield* Clock.currentTimeMillis) - began,
    stopped: Result.isFailure(ended) ? ended.failure : undefined,
    report: Result.isSuccess(ended) ? ended.success : undefined
  }
  return started
})

/** A program that is killed sends and writes nothing from then on; what it had sent goes on at the provider. */
const mortal = Effect.fnUntraced(function* (at: BatchWorld.World) {
  const life = yield* Scope.make()
  let dead = false
  /** Real-time requests that were sent, and whose answer is not written down. */
  let inFlight = 0
  const isOnline = (record: RunRecord): boolean =>
    record._tag === "Answered" && record.response.mode !== "batch"
  const whileAlive = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() =>
      dead ? Effect.never : Effect.tap(effect, () => (dead ? Effect.never : Effect.void))
    )
  const { transport, store } = at
  const disk = Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (files) =>
      FileSystem.FileSystem.of({
        ...files,
        remove: (path, options) => whileAlive(files.remove(path, options)),
        rename: (from, to) => whileAlive(files.rename(from, to))
      })
    )
  )
  const mine: BatchWorld.World = {
    ...at,
    disk: { ...at.disk, layer: Layer.provideMerge(disk, at.disk.layer) },
    transport: OpenAiTransport.of({
      ...transport,
      send: (call, hooks) => {
        if (call.path === "/chat/completions") inFlight++
        return whileAlive(transport.send(call, hooks))
      },
      upload: (file, hooks) => whileAlive(transport.upload(file, hooks)),
      download: (id) =>
        Stream.mapEffect(transport.download(id), (page) => whileAlive(Effect.succeed(page)))
    }),
    store: CheckpointStore.of({
      ...store,
      open: (options) =>
        Effect.map(Scope.provide(store.open(options), life), (journal) => ({
          ...journal,
          append: (records) =>
            whileAlive(
              Effect.tap(journal.append(records), () =>
                Effect.sync(() => {
                  inFlight -= records.filter(isOnline).length
                })
              )
            )
        }))
    })
  }
  const kill = Effect.suspend(() => {
    dead = true
    return Effect.as(Scope.close(life, Exit.void), inFlight)
  })
  return { mine, kill }
})

/** A start that is killed after so long, in the middle of whatever it does. Answers how many requests were in flight. */
export const killed = Effect.fnUntraced(function* (
  at: BatchWorld.World,
  items: number,
  after: number,
  options: StartOptions = {}
) {
  const { kill, mine } = yield* mortal(at)
  const fiber = yield* Effect.forkDetach(start(mine, items, options))
  yield* Effect.sleep(after)
  assert.isTrue(fiber.pollUnsafe() === undefined, "it had ended before it was killed")
  return yield* kill
})

/** Every item has exactly one outcome, an answer. */
export const allOnce = (items: number, ...starts: ReadonlyArray<Pick<Started, "deliveries">>) => {
  const deliveries = starts.flatMap((one) => one.deliveries)
  assert.deepStrictEqual(
    deliveries.map(({ itemId }) => Number(itemId)).sort((a, b) => a - b),
    Array.from({ length: items }, (_, item) => item)
  )
  assert.deepStrictEqual(new Set(deliveries.map(({ _tag }) => _tag)), new Set(["Answered"]))
}

/** What the run says that it has spent is what the provider has billed. */
export const billIsRight = Effect.fnUntraced(function* (at: BatchWorld.World, spent: number) {
  const now = yield* Clock.currentTimeMillis
  assert.closeTo(spent, at.simulator.stats(now).costUsd, 1e-9)
})

/** How often requests were billed beyond the first time. */
export const paidTwice = Effect.fnUntraced(function* (at: BatchWorld.World) {
  const billed = Object.values(at.simulator.billedContents(yield* Clock.currentTimeMillis))
  return billed.reduce((sum, times) => sum + times - 1, 0)
})

export const online = ({ calls }: BatchWorld.World) =>
  calls.filter(({ path }) => path === "/chat/completions").length

export const batches = (at: BatchWorld.World) => BatchWorld.count(at, "batches.create")

/** Nothing is answered meanwhile. */
export const outage = (from: number, to: number): Faults.Faults => ({
  ...Faults.none,
  outages: [{ during: { from, to }, as: "503" }]
})

export { SMALLEST }

export const { test } = BatchWorld
