/**
 * Runs of many starts over one store, twice side by side: with what the log knows of finished blocks, and blind to it. Both
 * must come to the same end. The provider answers at once, by what the item's text says.
 */
import { Clock, Effect, Layer, Stream } from "effect"
import type { BlockFinished } from "spillway/checkpoint/BlockRecord"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import type { RunRecord } from "spillway/checkpoint/RunRecord"
import { RunStopped } from "spillway/error/RunStopped"
import { Generate, type GenerateItem, type Outcome } from "spillway/generate/Generate"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as NodeSha256 from "spillway/layers/checkpoint/NodeSha256"
import * as Outcomes from "spillway/layers/generate/Outcomes"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import type { ModelInfo } from "spillway/model/ModelInfo"
import * as GenerateRequest from "spillway/request/GenerateRequest"
import type { ActiveRun } from "spillway/run/ActiveRun"
import * as Blocks from "spillway/run/Blocks"
import type { Delivery } from "spillway/run/Delivery"
import * as ItemPreparation from "spillway/run/ItemPreparation"
import * as Run from "spillway/run/Run"
import type { RunOptions } from "spillway/run/RunOptions"
import * as RunProcess from "spillway/run/RunProcess"
import * as UnfinishedItems from "spillway/run/UnfinishedItems"

/** Items of a block in these tests. */
export const SIZE = 4

/** `text` may hold `fails`, `filtered`, `refused` (by the catalogue) or `throws` (in the run's own function). */
export interface Item {
  readonly id: string
  readonly text: string
}

export interface Start extends RunOptions {
  readonly name?: string
  readonly items: ReadonlyArray<Item>
  readonly needs: BlockFinished["needs"]
  /** Where the items come from instead of the list. */
  readonly source?: Stream.Stream<Item>
  /** Requests that are answered before the run is stopped. Default: all. */
  readonly answers?: number
  /** Texts with `fails` are answered. */
  readonly mended?: boolean
  readonly overrides?: ReadonlyArray<ModelInfo>
  readonly provider?: string
}

export interface Ended {
  /** One line for each item that the handler got. */
  readonly deliveries: ReadonlyArray<string>
  /** What every item has in the store now. */
  readonly outcomes: ReadonlyArray<string>
  readonly sent: number
  /** When an item of that text was sent, in Unix milliseconds. */
  readonly sentAt: ReadonlyMap<string, number>
  readonly counters: Pick<
    ActiveRun["counters"],
    "answered" | "noAnswer" | "failed" | "fromStore" | "delivered" | "simulated"
  >
  readonly warnings: ReadonlyArray<string>
  readonly stopped: string | undefined
}

const request = ({ text }: Item) => {
  if (text.includes("throws")) throw new Error("no request")
  return GenerateRequest.make({
    model: "gpt-4o-mini",
    prompt: text,
    ...(text.includes("refused") ? { temperature: 7 } : {})
  })
}

const runOf = ({
  answers,
  items,
  mended,
  name = "run",
  needs,
  overrides,
  provider,
  source,
  ...options
}: Start) => Run.make<Item>({ ...options, name, id: ({ id }) => id, request })

const textOf = ({ request: { body } }: GenerateItem): string => JSON.stringify(body)

const promptOf = ({ request: { body } }: GenerateItem): string => {
  const [message] = Array.isArray(body.messages) ? body.messages : []
  return String(message?.content)
}

const responseTo = (item: GenerateItem, simulated: boolean) => ({
  id: "chatcmpl-1",
  text: textOf(item).includes("filtered") ? "" : "yes",
  toolCalls: [],
  finishReason: textOf(item).includes("filtered") ? ("content_filter" as const) : ("stop" as const),
  usage: { input: 10, cached: 0, cacheWrite: 0, output: 1, reasoning: 0 },
  servedModel: "gpt-4o-mini-2024-07-18",
  cost: 10,
  latencyMs: 1,
  attempts: 1,
  requestIds: [],
  simulated
})

const failure = {
  reason: "ServerError",
  message: "It fails.",
  advice: "Try again.",
  retryable: true,
  billed: "no" as const,
  attempts: 1
}

/** @param sent counts the requests */
const generate = ({
  answers = Number.POSITIVE_INFINITY,
  mended = false,
  provider = "p"
}: Start) => {
  const counts = { sent: 0, sentAt: new Map<string, number>() }
  const answer = Effect.fnUntraced(function* (item: GenerateItem, run: ActiveRun) {
    if (run.stopped() !== undefined) return []
    if (counts.sent >= answers) {
      run.stop(new RunStopped({ why: "interrupted", detail: "Stopped by the test." }))
      return []
    }
    counts.sent++
    counts.sentAt.set(promptOf(item), yield* Clock.currentTimeMillis)
    const { index, key } = item
    const fails = !mended && textOf(item).includes("fails")
    const response = responseTo(item, counts.sent % 2 === 0)
    const record: RunRecord = fails
      ? { _tag: "Failed", key, failure, at: 0 }
      : { _tag: "Answered", key, attempt: 0, response, at: 0 }
    yield* run.journal.append([record])
    const outcome: Outcome = fails
      ? { _tag: "Failed", index, key, failure, from: "network" }
      : Outcomes.known(item, { _tag: "Answered", response }, "network")
    return [outcome]
  })
  const service = Generate.of({
    provider: { id: provider, account: provider, simulated: true },
    mode: "online",
    generateMany: (items, run, { retryFailed = false } = {}) =>
      Outcomes.ending(
        Outcomes.asked(items, run, retryFailed).pipe(
          Stream.mapEffect(({ item, stored }) =>
            stored === undefined
              ? answer(item, run)
              : Effect.succeed([Outcomes.known(item, stored)])
          ),
          Stream.flatMap(Stream.fromIterable)
        ),
        run
      ),
    generate: () => Effect.die(new Error("Nothing asks for a single answer here."))
  })
  return { counts, service }
}

/** A store whose journals say that no block was ever finished. */
const blind = (store: CheckpointStore["Service"]): CheckpointStore["Service"] => ({
  ...store,
  open: (options) =>
    Effect.map(store.open(options), (journal) => ({
      ...journal,
      finishedBlocks: Effect.succeed({ blocks: new Map(), redelivered: [] })
    }))
})

const lineOf = ({ _tag, from, index, item, itemId, key }: Delivery<Item>): string =>
  [index, itemId, item.text, key.slice(0, 12), _tag, from].join(" ")

export interface World {
  readonly start: (start: Start) => Effect.Effect<Ended>
  readonly remove: (name: string) => Effect.Effect<void>
  /** How many records of that kind the run's log has. */
  readonly logged: (tag: RunRecord["_tag"], name?: string) => Effect.Effect<number>
  /** Outcomes and deliveries that were asked of the store by all starts together. */
  readonly lookups: () => number
}

export const make = Effect.fnUntraced(function* (
  store: CheckpointStore["Service"]
): Effect.fn.Return<World> {
  let lookups = 0
  const counting: CheckpointStore["Service"] = {
    ...store,
    open: (options) =>
      Effect.map(store.open(options), (journal) => ({
        ...journal,
        lookup: (keys) => {
          lookups += keys.length
          return journal.lookup(keys)
        },
        delivered: (ids) => {
          lookups += ids.length
          return journal.delivered(ids)
        }
      }))
  }

  const outcomesOf = (start: Start, service: Generate["Service"]) =>
    Effect.gen(function* () {
      const run = runOf({ ...start, fresh: false })
      const active = yield* Run.open(run)
      const rules = ItemPreparation.rulesOf(active, service.provider)
      const items = Stream.fromIterable(start.items)
      const prepared = yield* Stream.runCollect(ItemPreparation.prepare(run, items, rules))
      const stored = yield* active.journal.lookup(prepared.map(({ key }) => key))
      const delivered = yield* active.journal.delivered(prepared.map(({ itemId }) => itemId))
      return prepared.map(
        ({ itemId, key }) => `${itemId} ${stored.get(key)?._tag} ${delivered.get(itemId) === key}`
      )
    })

  const start = (options: Start) =>
    Effect.gen(function* () {
      const { counts, service } = generate(options)
      const run = runOf(options)
      const deliveries: Array<string> = []
      let opened: ActiveRun | undefined
      const work = Effect.gen(function* () {
        const items = options.source ?? Stream.fromIterable(options.items)
        const sink = (group: ReadonlyArray<Delivery<Item>>) =>
          Effect.sync(() => void deliveries.push(...group.map(lineOf)))
        const active = yield* Run.open(run)
        opened = active
        const blocks = yield* Blocks.make(active, options.needs)
        const prepared = UnfinishedItems.prepare(run, items, active, service.provider, blocks)
        if (options.needs === "answered") {
          return yield* RunProcess.process(run, active, prepared, (group) =>
            Effect.andThen(sink(group), Blocks.note(active, blocks, group))
          )
        }
        return yield* RunProcess.process(
          run,
          active,
          ItemPreparation.undelivered(active, prepared, options.retryFailed ?? false, blocks),
          (group) => Effect.andThen(sink(group), Run.acknowledge(active, blocks, group))
        )
      })
      const layer = Layer.mergeAll(
        Layer.succeed(CheckpointStore, counting),
        Layer.succeed(Generate, service),
        BuiltInModelCatalog.layerWith(options.overrides ?? []),
        NodeSha256.layer,
        Layer.succeed(Blocks.BlockSize, SIZE)
      )
      const ended = yield* Effect.result(Effect.scoped(work)).pipe(Effect.provide(layer))
      const before = lookups
      const outcomes = yield* Effect.scoped(outcomesOf(options, service)).pipe(
        Effect.provide(layer)
      )
      lookups = before
      const counters = opened?.counters
      return {
        deliveries: deliveries.toSorted(),
        outcomes,
        ...counts,
        counters: {
          answered: counters?.answered ?? -1,
          noAnswer: counters?.noAnswer ?? -1,
          failed: counters?.failed ?? -1,
          fromStore: counters?.fromStore ?? -1,
          delivered: counters?.delivered ?? -1,
          simulated: counters?.simulated ?? -1
        },
        warnings: [...(opened?.warnings ?? [])].toSorted(),
        stopped: ended._tag === "Failure" ? ended.failure.message : undefined
      }
    }).pipe(Effect.orDie)

  const runCalled = (name: string) => Effect.map(store.find(name), (found) => found)

  return {
    start,
    remove: (name) =>
      Effect.orDie(
        Effect.flatMap(runCalled(name), (found) =>
          found._tag === "None" ? Effect.void : store.remove(found.value.id)
        )
      ),
    logged: (tag, name = "run") =>
      Effect.orDie(
        Effect.flatMap(runCalled(name), (found) =>
          found._tag === "None"
            ? Effect.succeed(0)
            : Stream.runCount(store.records(found.value.id, tag))
        )
      ),
    lookups: () => lookups
  }
})

/** One world that knows of blocks and one that does not, each with a store of its own. */
export const pair = Effect.gen(function* () {
  const sighted = yield* make(yield* MemoryCheckpointStore.make)
  const exact = yield* make(blind(yield* MemoryCheckpointStore.make))
  return { sighted, exact }
})
