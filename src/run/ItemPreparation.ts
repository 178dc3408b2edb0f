/** From the user's items to requests that may be sent: checked against the catalogue, keyed, numbered. */
import { Array as Arr, Effect, Result, Stream } from "effect"
import * as RequestKey from "../checkpoint/RequestKey.ts"
import type { Failure } from "../checkpoint/RunRecord.ts"
import { Sha256 } from "../checkpoint/Sha256.ts"
import { ModelCatalog } from "../model/ModelCatalog.ts"
import type { ResolvedRequest } from "../request/GenerateRequest.ts"
import type { RequestRefused } from "../request/RequestRefused.ts"
import type { Provider } from "../transport/OpenAiTransport.ts"
import type { ActiveRun } from "./ActiveRun.ts"
import type { Identity } from "./Delivery.ts"
import * as Occurrences from "./Occurrences.ts"
import type { Run } from "./Run.ts"

export type Prepared<Item> = Identity<Item> &
  (
    | { readonly _tag: "Ready"; readonly request: ResolvedRequest }
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
 * One pass over the items, a page of the source at a time; the same items give the same keys in every process. Items with
 * equal requests are different samples of the model: the n-th of them asks for sample n.
 */
export const prepare = <Item, A, E, R>(
  run: Run<Item, A>,
  items: Stream.Stream<Item, E, R>,
  rules: Rules
): Stream.Stream<Prepared<Item>, E, R | ModelCatalog> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const catalog = yield* ModelCatalog
      const digest = yield* Sha256
      const earlier = Occurrences.make()
      const sample = (request: ResolvedRequest): RequestKey.RequestKey => {
        const first = RequestKey.make(rules.provider.id, request, 0, digest)
        const repeat = earlier(first)
        return repeat === 0 ? first : RequestKey.make(rules.provider.id, request, repeat, digest)
      }
      const one = (item: Item, index: number): Effect.Effect<Prepared<Item>> => {
        const asked = run.request(item)
        const identity = { item, itemId: run.id(item, index), index }
        return Effect.match(catalog.resolve(asked, { priced: rules.priced }), {
          onSuccess: ({ request, warnings }) => {
            for (const warning of warnings) rules.warn(warning)
            return { _tag: "Ready", ...identity, key: sample(request), request }
          },
          onFailure: (error) => {
            const key = sample({ ...asked, model: error.model, maxOutputTokens: 0 })
            return { _tag: "Refused", ...identity, key, failure: refusal(error) }
          }
        })
      }
      return Stream.mapArrayEffect(Stream.zipWithIndex(items), (page) =>
        Effect.forEach(page, ([item, index]) => one(item, index))
      )
    })
  )

const refusal = (error: RequestRefused): Failure => ({
  reason: "RequestRefused",
  message: error.message,
  advice: error.fix,
  retryable: false,
  billed: "no",
  attempts: 0
})

/** Leaves out what an earlier invocation has delivered with the same content, a page at a time. */
export const undelivered = <Item, E, R>(
  active: ActiveRun,
  prepared: Stream.Stream<Prepared<Item>, E, R>
) =>
  prepared.pipe(
    Stream.mapArrayEffect((page) =>
      Effect.map(active.journal.delivered(page.map((one) => one.itemId)), (delivered) => {
        const open = page.filter((one) => delivered.get(one.itemId) !== one.key)
        active.counters.delivered += page.length - open.length
        return Arr.map(page, (one) =>
          delivered.get(one.itemId) === one.key ? Result.failVoid : Result.succeed(one)
        )
      })
    ),
    Stream.filterMap((one) => one)
  )
