/** Which items of a block an edited dataset has voided: named while they are few, all of them where they are many. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ActiveRun from "spillway/run/ActiveRun"
import * as Blocks from "spillway/run/Blocks"
import * as Fingerprints from "spillway/run/Fingerprints"
import { block } from "../checkpoint/fixtures/records.ts"

const standing = (idPrint: number) => ({
  idPrint,
  sameId: 0,
  requestPrint: idPrint,
  sameRequest: 0
})

it.effect("names up to about 10,000 items, then stands for any, once", () =>
  Effect.gen(function* () {
    const blocks = yield* Blocks.make(ActiveRun.ephemeral(), "delivered")
    const deliver = (from: number, count: number, replaces: boolean) => {
      const group = Array.from({ length: count }, (_, n) => ({
        _tag: "Answered" as const,
        index: from + n
      }))
      for (const { index } of group) {
        blocks.awaits(index, standing(index + 1))
        if (replaces) blocks.replaces(index)
      }
      return blocks.ended(group)
    }
    assert.deepStrictEqual(deliver(0, 5, false), [])
    assert.deepStrictEqual(deliver(5, 2, true), [
      { _tag: "Redelivered", ids: Fingerprints.encode([6, 7]) }
    ])
    const [many] = deliver(1000, 9_000, true)
    assert.isTrue(many?._tag === "Redelivered" && Fingerprints.holds(many.ids ?? "", 9_000))
    assert.deepStrictEqual(deliver(20_000, 2_000, true), [{ _tag: "Redelivered" }])
    assert.deepStrictEqual(deliver(30_000, 2_000, true), [])
  })
)

it.effect("counts only against blocks that were finished before", () =>
  Effect.gen(function* () {
    const { journal } = ActiveRun.ephemeral()
    const digests = ["at 3", "at 5", "at 9"]
    const known = (redelivered: ReadonlyArray<{ seq: number; ids: string | undefined }>) =>
      Effect.gen(function* () {
        const blocks = yield* Blocks.make(
          {
            journal: {
              ...journal,
              finishedBlocks: Effect.succeed({
                blocks: new Map(digests.map((digest) => [digest, Number(digest.slice(3))])),
                redelivered
              }),
              finishedBlock: () => Effect.succeed(block("any"))
            }
          },
          "delivered"
        )
        const found = yield* Effect.forEach(digests, blocks.find)
        return found.map((one) => [one?.isVoid(7), one?.isVoid(8)])
      }).pipe(Effect.provideService(Blocks.BlockSize, 2))
    const ids = Fingerprints.encode([7])
    assert.deepStrictEqual(yield* known([]), Array(3).fill([false, false]))
    assert.deepStrictEqual(yield* known([{ seq: 4, ids }]), [
      [true, false],
      [false, false],
      [false, false]
    ])
    assert.deepStrictEqual(
      yield* known([
        { seq: 4, ids: undefined },
        { seq: 6, ids }
      ]),
      [
        [true, true],
        [true, false],
        [false, false]
      ]
    )
  })
)

it.effect("a record that is not of the block's size is not used", () =>
  Effect.gen(function* () {
    const { journal } = ActiveRun.ephemeral()
    const blocks = yield* Blocks.make(
      {
        journal: {
          ...journal,
          finishedBlocks: Effect.succeed({ blocks: new Map([["d", 1]]), redelivered: [] }),
          finishedBlock: () => Effect.succeed(block("d"))
        }
      },
      "delivered"
    )
    assert.isUndefined(yield* blocks.find("d"))
    assert.isUndefined(yield* blocks.find("unknown"))
  })
)
