/**
 * What every `BatchJobs` owes its callers, whichever way it reaches a provider and whatever it stores its ledger in: lines
 * become shards, shards come home, nothing is submitted twice. Run on each implementation with a provider of its own.
 */
import { assert, describe, type it } from "@effect/vitest"
import { Effect, type Layer, type Scope, Stream } from "effect"
import { type BatchEvent, BatchJobs } from "spillway/batch-jobs/BatchJobs"
import { isOpen } from "spillway/batch-jobs/BatchLedger"
import { idOf, type ShardLine } from "spillway/batch-jobs/ShardLine"
import { ShardId } from "spillway/checkpoint/BatchRecord"
import type { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import * as RequestKey from "spillway/checkpoint/RequestKey"
import { ModelCatalog } from "spillway/model/ModelCatalog"
import * as GenerateRequest from "spillway/request/GenerateRequest"
import type { ActiveRun } from "spillway/run/ActiveRun"
import * as Run from "spillway/run/Run"

export type Needs = BatchJobs | CheckpointStore | ModelCatalog

/** Everything it needs, with batches of 10 lines at most that end by themselves and answer every line. */
export type Graph = Layer.Layer<Needs, unknown>

/** A shard that no run has. */
const lost = ShardId.make("0".repeat(32))

const open = (name: string) => Run.open(Run.make({ name, request: (text: string) => prompt(text) }))

const prompt = (text: string, model = "gpt-4o-mini") =>
  GenerateRequest.make({ model, prompt: text, maxOutputTokens: 50 })

const linesOf = Effect.fnUntraced(function* (
  count: number,
  { from = 0, model, ids = idOf }: { from?: number; model?: string; ids?: typeof idOf } = {}
) {
  const catalog = yield* ModelCatalog
  const { provider } = yield* BatchJobs
  return yield* Effect.forEach(
    Array.from({ length: count }, (_, n) => from + n),
    (n) =>
      Effect.map(catalog.resolve(prompt(`question ${n}`, model)), ({ request }): ShardLine => {
        const key = RequestKey.make(provider.id, request)
        return { key, customId: ids(key), request }
      })
  )
})

const sorted = (texts: ReadonlyArray<string>) => [...texts].sort()

/** @param run how a test is run: in virtual time, or on the real clock */
export const batchJobsContract = (
  name: string,
  graph: Graph,
  run: typeof it.effect | typeof it.live,
  through: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = (effect) => effect
) =>
  describe(`${name}: the contract of BatchJobs`, () => {
    const test = (title: string, body: Effect.Effect<void, unknown, Needs | Scope.Scope>) =>
      run(title, () => Effect.provide(through(Effect.scoped(body)), graph), 60_000)

    const drained = Effect.fnUntraced(function* (
      active: ActiveRun,
      lines?: ReadonlyArray<ShardLine>
    ) {
      const events: Array<BatchEvent> = []
      const jobs = yield* BatchJobs
      yield* jobs
        .drive(active, lines === undefined ? {} : { lines: Stream.fromIterable(lines) })
        .pipe(Stream.runForEach((event) => Effect.sync(() => events.push(event))))
      return events
    })

    const settled = (events: ReadonlyArray<BatchEvent>) =>
      events.flatMap((event) => (event._tag === "LinesSettled" ? event.results : []))

    test(
      "plans the same lines to the same shards, once",
      Effect.gen(function* () {
        const jobs = yield* BatchJobs
        const lines = yield* linesOf(25)
        const one = yield* open("one")
        assert.deepStrictEqual(yield* jobs.plan(Stream.fromIterable(lines), one), {
          shards: 3,
          lines: 25,
          alreadyPlanned: 0
        })
        assert.deepStrictEqual(yield* jobs.plan(Stream.fromIterable(lines), one), {
          shards: 0,
          lines: 0,
          alreadyPlanned: 25
        })
        const other = yield* open("other")
        yield* jobs.plan(Stream.fromIterable(lines), other)
        const ids = (run: string) =>
          Effect.map(jobs.shards(run), (shards) => shards.map(({ shard }) => shard))
        assert.deepStrictEqual(yield* ids(one.journal.run), yield* ids(other.journal.run))
        const [shard] = yield* jobs.shards(one.journal.run)
        assert.include(shard, { phase: "planned", lines: 10, submission: 1, model: "gpt-4o-mini" })
        const read = yield* Stream.runCollect(
          jobs.linesOf(one, (yield* ids(one.journal.run))[0] ?? lost)
        )
        assert.deepStrictEqual(
          read.map(({ customId, key }) => ({ customId, key })),
          lines.slice(0, 10).map(({ customId, key }) => ({ customId, key }))
        )
      })
    )

    test(
      "drives every shard to its end, and settles every line once, under its own id",
      Effect.gen(function* () {
        const jobs = yield* BatchJobs
        const active = yield* open("drive")
        const lines = yield* linesOf(25, {
          from: 100,
          ids: (key) => `mine-${idOf(key).slice(0, 20)}`
        })
        const events = yield* drained(active, lines)
        const results = settled(events)
        const ids = sorted(lines.map(({ customId }) => customId))
        assert.deepStrictEqual(sorted(results.map(({ customId }) => customId)), ids)
        for (const { outcome } of results) {
          assert.isTrue(outcome._tag === "Answered" && outcome.response.mode === "batch")
        }
        const stored = yield* Stream.runCollect(jobs.results(active))
        assert.deepStrictEqual(sorted(stored.map(({ customId }) => customId)), ids)
        const shards = yield* jobs.shards(active.journal.run)
        assert.deepStrictEqual(
          shards.map(({ answered, failed, phase }) => ({ answered, failed, phase })),
          [10, 10, 5].map((answered) => ({ answered, failed: 0, phase: "settled" }))
        )
        const phases = events.flatMap((event) =>
          event._tag === "ShardChanged" && event.shard.shard === shards[0]?.shard
            ? [event.shard.phase]
            : []
        )
        assert.deepStrictEqual(
          phases.filter((phase, n) => phase !== phases[n - 1]),
          ["planned", "uploading", "uploaded", "creating", "created", "ended", "settled"]
        )
        assert.deepStrictEqual(settled(yield* drained(active)), [])
      })
    )

    test(
      "keeps models apart",
      Effect.gen(function* () {
        const jobs = yield* BatchJobs
        const active = yield* open("models")
        const mixed = [
          ...(yield* linesOf(6, { from: 200 })),
          ...(yield* linesOf(6, { from: 200, model: "gpt-4o" }))
        ]
        yield* drained(active, mixed)
        const shards = yield* jobs.shards(active.journal.run)
        assert.deepStrictEqual(sorted(shards.map(({ model }) => model)), ["gpt-4o", "gpt-4o-mini"])
        assert.strictEqual((yield* Stream.runCollect(jobs.results(active))).length, 12)
      })
    )

    test(
      "submits and lets go; whoever comes later collects, and submits nothing again",
      Effect.gen(function* () {
        const jobs = yield* BatchJobs
        const lines = yield* linesOf(15, { from: 300 })
        const batches = yield* Effect.scoped(
          Effect.gen(function* () {
            const active = yield* open("later")
            yield* jobs.plan(Stream.fromIterable(lines), active)
            yield* Stream.runDrain(jobs.drive(active, { until: "submitted" }))
            const shards = yield* jobs.shards(active.journal.run)
            return shards.map(({ batchId }) => batchId)
          })
        )
        assert.isTrue(batches.length === 2 && batches.every((id) => id !== undefined))
        const active = yield* open("later")
        assert.strictEqual(settled(yield* drained(active, lines)).length, 15)
        const shards = yield* jobs.shards(active.journal.run)
        assert.deepStrictEqual(
          shards.map(({ batchId }) => batchId),
          batches
        )
      })
    )

    test(
      "holds back a shard for as long as it is told to",
      Effect.gen(function* () {
        const jobs = yield* BatchJobs
        const active = yield* open("held")
        yield* jobs.plan(Stream.fromIterable(yield* linesOf(20, { from: 400 })), active)
        const [first] = yield* jobs.shards(active.journal.run)
        const held = ({ shard }: { shard: string }) => shard === first?.shard
        yield* Stream.runDrain(jobs.drive(active, { until: "submitted", held }))
        const phases = (yield* jobs.shards(active.journal.run)).map(({ phase }) => phase)
        assert.strictEqual(phases[0], "planned")
        assert.notStrictEqual(phases[1], "planned")
      })
    )

    test(
      "drops what waits when it is cancelled or released, and hands nothing of it back",
      Effect.gen(function* () {
        const jobs = yield* BatchJobs
        const active = yield* open("dropped")
        yield* jobs.plan(Stream.fromIterable(yield* linesOf(30, { from: 500 })), active)
        const [first, ...others] = yield* jobs.shards(active.journal.run)
        assert.strictEqual(yield* jobs.release(active, first?.shard ?? lost), "dropped")
        assert.strictEqual(yield* jobs.release(active, first?.shard ?? lost), "ended")
        assert.deepStrictEqual(yield* jobs.adopt(active), others)
        yield* jobs.cancel(active)
        assert.deepStrictEqual(yield* jobs.adopt(active), [])
        const shards = yield* jobs.shards(active.journal.run)
        assert.deepStrictEqual(
          shards.map(({ dropped }) => dropped),
          ["online", "cancelled", "cancelled"]
        )
        assert.isFalse(shards.some(isOpen))
        assert.deepStrictEqual(settled(yield* drained(active)), [])
      })
    )

    test(
      "gives the unanswered lines of a released shard back, and keeps its answers",
      Effect.gen(function* () {
        const jobs = yield* BatchJobs
        const active = yield* open("released")
        const lines = yield* linesOf(10, { from: 600 })
        yield* jobs.plan(Stream.fromIterable(lines), active)
        yield* Stream.runDrain(jobs.drive(active, { until: "submitted" }))
        const [shard] = yield* jobs.shards(active.journal.run)
        assert.strictEqual(yield* jobs.release(active, shard?.shard ?? lost), "cancelled")
        const events = yield* drained(active)
        const released = events.flatMap((event) =>
          event._tag === "LinesReleased" ? event.lines : []
        )
        const ids = [...released, ...settled(events)].map(({ customId }) => customId)
        assert.deepStrictEqual(sorted(ids), sorted(lines.map(({ customId }) => customId)))
      })
    )

    test(
      "refuses two lines with one id, and a shard that is not there",
      Effect.gen(function* () {
        const jobs = yield* BatchJobs
        const active = yield* open("wrong")
        const twice = yield* linesOf(5, { from: 700, ids: () => "same" })
        const duplicate = yield* Effect.flip(jobs.plan(Stream.fromIterable(twice), active))
        assert.isTrue(duplicate._tag === "BatchError" && duplicate.reason === "duplicate-custom-id")
        const unknown = yield* Effect.flip(Stream.runDrain(jobs.linesOf(active, lost)))
        assert.isTrue(unknown._tag === "BatchError" && unknown.reason === "unknown-batch")
      })
    )
  })
