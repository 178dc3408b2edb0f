/** A benchmark that passes over blocks: its report has the same numbers. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Blocks from "spillway/run/Blocks"
import { answer, status } from "spillway/testing"
import { execute, nth, questions } from "../pains/questions.ts"
import * as Stack from "../pains/Stack.ts"

const fails = new Set([1, 5, 6])
const graph = () => Stack.scripted((call) => (fails.has(nth(call)) ? status(400) : answer("yes")))

const small = Effect.provideService(Blocks.BlockSize, 4)
/** Larger than the benchmark: no block is ever finished. */
const none = Effect.provideService(Blocks.BlockSize, 1000)

describe("a benchmark of finished blocks", () => {
  it.effect("reports as one that looks at every item", () =>
    Effect.gen(function* () {
      const reports = []
      for (const size of [none, small]) {
        const twice = Effect.gen(function* () {
          yield* execute(questions(), { repeats: 2, temperatures: [0, 1] })
          const { exchanges } = yield* Stack.Door
          const sent = exchanges.length
          const { arms, failures, requests } = yield* execute(questions(), {
            repeats: 2,
            temperatures: [0, 1]
          })
          assert.lengthOf(exchanges, sent)
          return { arms, failures, requests }
        })
        reports.push(yield* Stack.virtually(graph(), size(twice)))
      }
      const [exact, passed] = reports
      assert.deepInclude(exact?.requests, { items: 48, answered: 36, failed: 12, fromStore: 48 })
      assert.deepStrictEqual(passed, exact)
    })
  )
})
