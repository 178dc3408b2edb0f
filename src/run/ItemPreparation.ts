/** From the user's items to requests that may be sent: checked against the catalogue, keyed, numbered. */
import { Array as Arr, Effect, Result, Stream } from "effect"
import type { StoreError } from "../checkpoint/CheckpointStore.ts"
import type { Failure } from "../checkpoint/RunRecord.ts"
import type { ModelCatalog } from "../model/ModelCatalog.ts"
import type { ResolvedRequest } from "../request/GenerateRequest.ts"
import type { Provider } from "../transport/OpenAiTransport.ts"
import type { ActiveRun } from "./ActiveRun.ts"
import type { Blocks } from "./Blocks.ts"
import type { Identity } from "./Delivery.ts"
import * as Preparer from "./Preparer.ts"
import type { Run } from "./Run.ts"

export type Prepared<Item> = Identity<Item> &
  (
    | {
        readonly _tag: "Ready"
        readonly request: ResolvedRequest
        /** An earlier item of the run has the same request, and their answer is one. */
        readonly shared?: true
      }
    /** The model cannot take it: it fails without having been sent. */
    | { readonly _tag: "Refused"; readonly failure: Failure }
  )

export interface Rules {
  readonly provider: Provider
  /** A request whose price is unknown is refused. */
  readonly priced: boolean
  readonly warn: (warning: string) => void
}

/** The rules of a run that is open. */
export const rulesOf = (active: ActiveRun, provider: Provider): Rules => ({
  provider,
  priced: active.cap !== undefined,
  warn: (warning) => active.warnings.add(warning)
})

/**
 * One pass over the items, a page of the source at a time; the same items give the same ids and keys in every process.
 * Items with equal requests are different samples of the model: the n-th of them asks for sample n. With `dedupe` they
 * are one, but for items that ask for different samples by themselves. An id that comes again becomes `id#2`, `id#3`, so
 * that each item has a delivery of its own.
 */
export const prepare = <Item, A, E, R>(
  run: Run<Item, A>,
  items: Stream.Stream<Item, E, R>,
  rules: Rules
): Stream.Stream<Prepared<Item>, E, R | ModelCatalog> =>
  Stream.unwrap(
    Effect.map(Preparer.make(run, rules), ({ number, stage }) =>
      Stream.mapArrayEffect(Stream.zipWithIndex(items), (page) =>
        Effect.map(stage(page), (staged) => Arr.map(staged, (one) => number(one).prepared))
      )
    )
  )

/**
 * Leaves out what an earlier invocation has delivered with the same content, a page at a time.
 *
 * @param retryFailed items that were delivered as failed come again
 * @param blocks told of what is left out, and of what will replace an earlier delivery
 */
export const undelivered = <Item, E, R>(
  active: ActiveRun,
  prepared: Stream.Stream<Prepared<Item>, E, R>,
  retryFailed: boolean,
  blocks: Blocks
): Stream.Stream<Prepared<Item>, E | StoreError, R> =>
  prepared.pipe(
    Stream.mapArrayEffect((page) =>
      Effect.gen(function* () {
        const delivered = yield* active.journal.delivered(page.map((one) => one.itemId))
        const done = page.filter((one) => delivered.get(one.itemId) === one.key)
        const again = retryFailed ? yield* failedOf(active, done) : new Set<Prepared<Item>>()
        const over = new Set(done.filter((one) => !again.has(one)))
        active.counters.delivered += over.size
        for (const { index, itemId, key } of page) {
          const earlier = delivered.get(itemId)
          if (earlier !== undefined && earlier !== key) blocks.replaces(index)
        }
        const finished = blocks.delivered([...over], retryFailed)
        if (Arr.isReadonlyArrayNonEmpty(finished)) yield* active.journal.append(finished)
        return Arr.map(page, (one) => (over.has(one) ? Result.failVoid : Result.succeed(one)))
      })
    ),
    Stream.filterMap((one) => one)
  )

const failedOf = Effect.fnUntraced(function* <Item>(
  active: ActiveRun,
  delivered: ReadonlyArray<Prepared<Item>>
) {
  const stored = yield* active.journal.lookup(delivered.map((one) => one.key))
  return new Set(
    delivered.filter((one) => one._tag === "Refused" || stored.get(one.key)?._tag === "Failed")
  )
})
