/**
 * Conversations and the store: which requests the next round has, and how every conversation has ended. Answers are
 * looked up a slice at a time, and a slice is small where answers are large: what is held does not grow with the run.
 */
import { Effect, Stream } from "effect"
import { CheckpointStore, type Journal, type StoreError } from "../checkpoint/CheckpointStore.ts"
import * as RequestKey from "../checkpoint/RequestKey.ts"
import type { Failure } from "../checkpoint/RunRecord.ts"
import { type Digest, Sha256 } from "../checkpoint/Sha256.ts"
import { ModelCatalog } from "../model/ModelCatalog.ts"
import type { RequestParts } from "../request/GenerateRequest.ts"
import * as ItemFailure from "../run/ItemFailure.ts"
import type * as ItemPreparation from "../run/ItemPreparation.ts"
import * as Occurrences from "../run/Occurrences.ts"
import { requestOf } from "./Arm.ts"
import type { Benchmark } from "./Benchmark.ts"
import * as Conversation from "./Conversation.ts"
import type { Trial } from "./Trial.ts"

/** Keys looked up at once: what `Journal.lookup` does best. */
const PAGE = 500
/** Conversations of the first slice, before anything is known of their size. */
const FIRST_SLICE = 8
/** Characters of answers that a slice should hold. */
const SLICE_CHARACTERS = 8_000_000

export interface Source<Item, E, R> {
  readonly journal: Pick<Journal, "lookup">
  /** The first requests of all trials. */
  readonly prepared: Stream.Stream<ItemPreparation.Prepared<Trial<Item>>, E, R>
  readonly rules: ItemPreparation.Rules
  readonly dedupe: boolean
}

/** How a pass over the conversations makes their later requests. */
interface Preparing {
  readonly catalog: ModelCatalog["Service"]
  readonly digest: Digest
  readonly rules: ItemPreparation.Rules
  readonly dedupe: boolean
  readonly seen: (key: string) => number
}

/** Every conversation as far as the store has it, in slices of the source's order. */
export const ended = <Item, Answer, E, R>(
  benchmark: Benchmark<Item, Answer>,
  source: Source<Item, E, R>
) => followed(benchmark, source, Conversation.mostRequestsOf(benchmark))

/**
 * The requests of a later round: those of the conversations that go on after so many rounds.
 *
 * @param number from 1; the first round is the trials themselves
 */
export const round = <Item, Answer, E, R>(
  benchmark: Benchmark<Item, Answer>,
  source: Source<Item, E, R>,
  number: number
): Stream.Stream<ItemPreparation.Prepared<Trial<Item>>, E | StoreError, R | ModelCatalog> =>
  followed(benchmark, source, number).pipe(
    Stream.flatMap((slice) =>
      Stream.fromIterable(
        slice.flatMap((conversation) =>
          conversation.end === undefined
            ? [{ ...Conversation.lastOf(conversation), item: conversation.trial }]
            : []
        )
      )
    )
  )

const followed = <Item, Answer, E, R>(
  benchmark: Benchmark<Item, Answer>,
  { dedupe, journal, prepared, rules }: Source<Item, E, R>,
  rounds: number
): Stream.Stream<
  ReadonlyArray<Conversation.Conversation<Item>>,
  E | StoreError,
  R | ModelCatalog
> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const catalog = yield* ModelCatalog
      const digest = yield* Sha256
      const preparing = { catalog, digest, rules, dedupe, seen: Occurrences.make() }
      let size = FIRST_SLICE
      const look = Effect.fnUntraced(function* (
        slice: ReadonlyArray<ItemPreparation.Prepared<Trial<Item>>>
      ) {
        const found = yield* follow(benchmark, slice, journal, preparing, rounds)
        size = nextSize(size, found)
        return found
      })
      return prepared.pipe(
        Stream.grouped(PAGE),
        Stream.flatMap((page) =>
          Stream.unfold(0, (at) => {
            if (at >= page.length) return Effect.undefined
            const slice = page.slice(at, at + size)
            return Effect.map(look(slice), (found) => [found, at + slice.length] as const)
          })
        )
      )
    })
  )

const nextSize = (
  size: number,
  slice: ReadonlyArray<Pick<Conversation.Conversation<unknown>, "responses">>
): number => {
  let characters = 1
  for (const { responses } of slice) for (const { text } of responses) characters += text.length
  const fitting = Math.floor((SLICE_CHARACTERS * slice.length) / characters)
  return Math.max(1, Math.min(PAGE, 4 * size, fitting))
}

/** Asks the store for one round of all of them after the other. */
const follow = Effect.fnUntraced(function* <Item, Answer>(
  benchmark: Benchmark<Item, Answer>,
  slice: ReadonlyArray<ItemPreparation.Prepared<Trial<Item>>>,
  journal: Pick<Journal, "lookup">,
  preparing: Preparing,
  rounds: number
) {
  const conversations = slice.map(Conversation.begin)
  for (let round = 1; round <= rounds; round++) {
    const open = conversations.flatMap((one, at) =>
      one.end === undefined ? [[one, at] as const] : []
    )
    if (open.length === 0) break
    const keys = open.flatMap(([one]) => {
      const last = Conversation.lastOf(one)
      return last._tag === "Ready" ? [last.key] : []
    })
    const stored = yield* journal.lookup(keys)
    for (const [one, at] of open) {
      const step = Conversation.advance(benchmark, one, stored.get(Conversation.lastOf(one).key))
      conversations[at] =
        step._tag === "Ended" ? step.conversation : yield* asking(benchmark, step, preparing)
    }
  }
  return conversations
})

/** The conversation with its next request: checked against the catalogue, and known by its content and its place. */
const asking = Effect.fnUntraced(function* <Item, Answer>(
  benchmark: Benchmark<Item, Answer>,
  { conversation, parts }: Extract<Conversation.Step<Item>, { readonly _tag: "Asks" }>,
  preparing: Preparing
) {
  const next = yield* prepare(benchmark, conversation, parts, preparing)
  const [first, ...others] = conversation.asked
  const asked = [first, ...others, next] as const
  return { ...conversation, asked }
})

const prepare = <Item, Answer>(
  benchmark: Benchmark<Item, Answer>,
  { asked, trial }: Conversation.Conversation<Item>,
  parts: Partial<RequestParts>,
  { catalog, dedupe, digest, rules, seen }: Preparing
): Effect.Effect<ItemPreparation.Prepared<unknown>> => {
  const { index, item, itemId, key: firstKey } = asked[0]
  const identity = { index, item, itemId }
  // A first key is of one conversation, or of equal ones under `dedupe`: so are the keys made with it.
  const place = `${firstKey}/${asked.length}`
  const refused = (failure: Failure): ItemPreparation.Prepared<unknown> => ({
    ...identity,
    _tag: "Refused",
    key: RequestKey.RequestKey.make(`k1:${digest(JSON.stringify(["refused", place]))}`),
    failure
  })
  const failed = (cause: unknown) => ItemFailure.of(index, cause)
  return Effect.try({ try: () => requestOf(benchmark, trial.arm, parts), catch: failed }).pipe(
    Effect.flatMap((request) =>
      Effect.mapError(catalog.resolve(request, { priced: rules.priced }), failed)
    ),
    Effect.flatMap(({ request, warnings }) =>
      Effect.try({
        try: (): ItemPreparation.Prepared<unknown> => {
          for (const warning of warnings) rules.warn(warning)
          const key = RequestKey.make(rules.provider.id, request, place, digest)
          const shared = dedupe && seen(key) > 0
          return { ...identity, _tag: "Ready", key, request, ...(shared ? { shared } : {}) }
        },
        catch: failed
      })
    ),
    Effect.catch((failure) => Effect.succeed(refused(failure)))
  )
}

/** 1e-9 USD of a run's attempts that may have been billed without an answer; there are few of them. */
export const lostByKey = Effect.fnUntraced(function* ({ run }: Pick<Journal, "run">) {
  const store = yield* CheckpointStore
  const lost = new Map<RequestKey.RequestKey, number>()
  yield* Stream.runForEach(store.records(run, "Released"), (record) =>
    Effect.sync(() => {
      if (record._tag !== "Released" || record.spent === 0) return
      lost.set(record.key, (lost.get(record.key) ?? 0) + record.spent)
    })
  )
  return lost
})
