/**
 * Prepares the items of a run and leaves out those that a start before this one has done with, by the blocks of `Blocks.ts`.
 * What comes out is what `ItemPreparation.prepare` gives for these items, keys and all: a block that is passed over still
 * counts among the equals of later items. Counters move as if each item had been looked up.
 */
import { Effect, Stream } from "effect"
import * as Arr from "effect/Array"
import type { BlockFinished } from "../checkpoint/BlockRecord.ts"
import type { StoreError } from "../checkpoint/CheckpointStore.ts"
import { Sha256 } from "../checkpoint/Sha256.ts"
import type { ModelCatalog } from "../model/ModelCatalog.ts"
import type { Provider } from "../transport/OpenAiTransport.ts"
import type { ActiveRun, RunCounters } from "./ActiveRun.ts"
import type { Blocks, Known } from "./Blocks.ts"
import * as BlockText from "./BlockText.ts"
import * as Fingerprints from "./Fingerprints.ts"
import { type Prepared, rulesOf } from "./ItemPreparation.ts"
import * as Preparer from "./Preparer.ts"
import type { Run } from "./Run.ts"

/** How long a slow source is waited for to fill a block; what has come by then is looked up item by item. */
const BLOCK_WAIT = "1 second"

/** Items whose requests are held at once while a block is digested. */
const SLICE = 10

/** Items with their indices. */
type Page<Item> = Arr.NonEmptyReadonlyArray<readonly [Item, number]>

/** To be run once for its blocks. Where the log has no block, items go on at once; else up to a block of them are held. */
export const prepare = <Item, A, E, R>(
  run: Run<Item, A>,
  items: Stream.Stream<Item, E, R>,
  active: ActiveRun,
  provider: Provider,
  blocks: Blocks
): Stream.Stream<Prepared<Item>, E | StoreError, R | ModelCatalog> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const preparer = yield* Preparer.make(run, rulesOf(active, provider))
      const { size } = blocks
      const { dedupe = false, reuse = "store", retryFailed = false } = run.options
      const header = JSON.stringify(["blocks 1", size, blocks.needs, provider.id, dedupe, reuse])
      const text = BlockText.make(yield* Sha256, header, (item: Item) =>
        dedupe ? (run.sample?.(item) ?? 0) : 0
      )

      const look = (staged: Preparer.Staged<Item>, known?: BlockFinished): Prepared<Item> => {
        const numbered = preparer.number(staged)
        blocks.awaits(staged.index, numbered, known)
        return numbered.prepared
      }
      const lookInTurn = (staged: Preparer.Staged<Item>): Prepared<Item> => {
        text.add(staged)
        const prepared = look(staged)
        if ((staged.index + 1) % size === 0) blocks.seal(staged.index, text.close())
        return prepared
      }

      /** Requests are made to be digested, and made again where they are needed: kept for a whole block they would grow old. */
      const digestOf = Effect.fnUntraced(function* (block: Page<Item>) {
        for (let from = 0; from < size; from += SLICE) {
          const slice = block.slice(from, from + SLICE)
          if (!Arr.isArrayNonEmpty(slice)) break
          for (const staged of yield* preparer.stage(slice)) text.add(staged)
        }
        return text.close()
      })

      /** Whether items of that end are looked at by themselves. A failure that was delivered is wanted for a retry only. */
      const isOpen = (letter: string): boolean =>
        retryFailed || blocks.needs === "answered" ? letter === "f" || letter === "d" : false

      const passOver = Effect.fnUntraced(function* ({ isVoid, record }: Known, block: Page<Item>) {
        const sameIds = new Map(record.sameIds)
        const sameRequests = new Map(record.sameRequests)
        const left: Array<Prepared<Item>> = []
        let passed = ""
        for (let place = 0; place < block.length; place++) {
          const letter = record.ends.charAt(place)
          const id = Fingerprints.at(record.ids, place)
          const byItself = isOpen(letter) || isVoid(id)
          const done =
            !byItself &&
            preparer.pass({
              idPrint: id,
              sameId: sameIds.get(place) ?? 0,
              requestPrint: Fingerprints.at(record.requests, place),
              sameRequest: sameRequests.get(place) ?? 0
            })
          const item = block[place]
          if (done) passed += letter
          else if (item !== undefined) {
            const [staged] = yield* preparer.stage([item])
            left.push(look(staged, record))
          }
        }
        count(active.counters, record.needs, passed)
        return left
      })

      const whole = Effect.fnUntraced(function* (block: Page<Item>) {
        const digest = yield* digestOf(block)
        const known = yield* blocks.find(digest)
        if (known !== undefined) return yield* passOver(known, block)
        const prepared = Arr.map(yield* preparer.stage(block), (staged) => look(staged))
        blocks.seal(block[0][1], digest)
        return prepared
      })
      const inTurn = (page: Page<Item>) => Effect.map(preparer.stage(page), Arr.map(lookInTurn))

      const indexed = Stream.zipWithIndex(items)
      if (blocks.none) {
        return Stream.mapArrayEffect(indexed, inTurn)
      }
      return indexed.pipe(
        Stream.groupedWithin(size, BLOCK_WAIT),
        Stream.filter(Arr.isArrayNonEmpty),
        Stream.mapEffect(
          (page): Effect.Effect<Array<Prepared<Item>>, StoreError> =>
            page.length === size && page[0][1] % size === 0 ? whole(page) : inTurn(page)
        ),
        Stream.filter(Arr.isArrayNonEmpty),
        Stream.flattenArray
      )
    })
  )

/** @param ends letters of `BlockFinished` */
const count = (counters: RunCounters, needs: BlockFinished["needs"], ends: string): void => {
  if (needs === "delivered") {
    counters.delivered += ends.length
    return
  }
  counters.fromStore += ends.length
  for (const end of ends) {
    if (end === "a" || end === "A") counters.answered++
    else counters.noAnswer++
    if (end === "A" || end === "N") counters.simulated++
  }
}
