/**
 * What becomes of one item, in two steps: what it is called and asks for, which is the item's own; then which of its equals
 * it is, and so its key, which depends on all items before it. Streams of items: `ItemPreparation.ts`.
 */
import { Effect } from "effect"
import type * as Arr from "effect/Array"
import * as RequestKey from "../checkpoint/RequestKey.ts"
import type { Failure } from "../checkpoint/RunRecord.ts"
import { Sha256 } from "../checkpoint/Sha256.ts"
import { ModelCatalog } from "../model/ModelCatalog.ts"
import type { ResolvedRequest } from "../request/GenerateRequest.ts"
import * as Fingerprints from "./Fingerprints.ts"
import * as ItemFailure from "./ItemFailure.ts"
import type { Prepared, Rules } from "./ItemPreparation.ts"
import * as Occurrences from "./Occurrences.ts"
import type { Run } from "./Run.ts"

/** An item after the first step. */
export interface Staged<out Item> {
  readonly item: Item
  readonly index: number
  /** The item's own id; `undefined` where the run's function threw. */
  readonly id: string | undefined
  /** What is sent for it, or why nothing can be. */
  readonly request: ResolvedRequest | undefined
  readonly failure: Failure | undefined
}

/** Where an item stands among its equals, by fingerprints: `Fingerprints.NONE` where its id or request could not be had. */
export interface Standing {
  readonly idPrint: number
  /** Earlier items of the same id. */
  readonly sameId: number
  readonly requestPrint: number
  /** Earlier items with the same request. */
  readonly sameRequest: number
}

export interface Numbered<out Item> extends Standing {
  readonly prepared: Prepared<Item>
}

export interface Preparer<Item> {
  readonly stage: (
    page: Arr.NonEmptyReadonlyArray<readonly [Item, number]>
  ) => Effect.Effect<Arr.NonEmptyReadonlyArray<Staged<Item>>>
  /** The second step; every item takes it, or `pass`, in the source's order. */
  readonly number: (staged: Staged<Item>) => Numbered<Item>
  /** The second step of an item that stands where it stood when it was numbered; `false`, and nothing done, elsewhere. */
  readonly pass: (standing: Standing) => boolean
}

export const make = Effect.fnUntraced(function* <Item, A>(
  run: Pick<Run<Item, A>, "id" | "request" | "sample" | "options">,
  rules: Rules
): Effect.fn.Return<Preparer<Item>, never, ModelCatalog> {
  const catalog = yield* ModelCatalog
  const digest = yield* Sha256
  const provider = rules.provider.id
  const requests = Occurrences.table()
  const ids = Occurrences.table()
  const { dedupe = false } = run.options
  const { priced } = rules

  const stageOne = (item: Item, index: number): Effect.Effect<Staged<Item>> => {
    let id: string | undefined
    try {
      id = run.id(item, index)
      const own = id
      return Effect.match(catalog.resolve(run.request(item), { priced }), {
        onSuccess: ({ request, warnings }) => {
          for (const warning of warnings) rules.warn(warning)
          return { item, index, id: own, request, failure: undefined }
        },
        onFailure: (error) => failed(item, index, own, ItemFailure.of(index, error))
      })
    } catch (cause) {
      return Effect.succeed(failed(item, index, id, ItemFailure.of(index, cause)))
    }
  }

  const distinct = (id: string, earlier: number): string => {
    if (earlier === 0) return id
    warnOfIds()
    return `${id}#${earlier + 1}`
  }
  const warnOfIds = () =>
    rules.warn("Some items have the same id: the later ones are delivered as id#2, id#3, …")

  const refused = (
    { item, index }: Staged<Item>,
    itemId: string,
    failure: Failure
  ): Prepared<Item> => {
    // Not the key of any request: once the item can be sent, it is another one.
    const key = RequestKey.RequestKey.make(`k1:${digest(JSON.stringify(["refused", itemId]))}`)
    return { _tag: "Refused", item, itemId, index, key, failure }
  }

  const number = (staged: Staged<Item>): Numbered<Item> => {
    const { item, index, id, request, failure } = staged
    const idPrint = id === undefined ? Fingerprints.NONE : Occurrences.printOf(digest(id))
    const sameId = id === undefined ? 0 : ids.add(idPrint)
    const itemId = id === undefined ? `item ${index}` : distinct(id, sameId)
    const unsent = (why: Failure): Numbered<Item> => ({
      prepared: refused(staged, itemId, why),
      ...{ idPrint, sameId, requestPrint: Fingerprints.NONE, sameRequest: 0 }
    })
    if (request === undefined) return unsent(failure ?? ItemFailure.of(index, undefined))
    try {
      const sample = dedupe ? (run.sample?.(item) ?? 0) : 0
      const first = RequestKey.make(provider, request, sample, digest)
      const requestPrint = Occurrences.printOf(first)
      const sameRequest = requests.add(requestPrint)
      const key =
        dedupe || sameRequest === 0
          ? first
          : RequestKey.make(provider, request, sameRequest, digest)
      const shared = dedupe && sameRequest > 0 ? { shared: true as const } : {}
      const prepared = { _tag: "Ready" as const, item, itemId, index, key, ...shared, request }
      return { prepared, idPrint, sameId, requestPrint, sameRequest }
    } catch (cause) {
      return unsent(ItemFailure.of(index, cause))
    }
  }

  return {
    stage: (page) => Effect.forEach(page, ([item, index]) => stageOne(item, index)),
    number,
    pass: ({ idPrint, requestPrint, sameId, sameRequest }) => {
      // Without an id of its own an item is called by its index.
      if (!(idPrint > Fingerprints.NONE && requestPrint >= Fingerprints.NONE)) return false
      const isSent = requestPrint !== Fingerprints.NONE
      if (!ids.addIf(idPrint, sameId)) return false
      if (isSent && !requests.addIf(requestPrint, sameRequest)) {
        ids.remove(idPrint)
        return false
      }
      if (sameId > 0) warnOfIds()
      return true
    }
  }
})

const failed = <Item>(
  item: Item,
  index: number,
  id: string | undefined,
  failure: Failure
): Staged<Item> => ({ item, index, id, request: undefined, failure })
