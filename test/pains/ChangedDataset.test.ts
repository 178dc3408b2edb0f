/** A dataset that grew, was shuffled or edited: everything is paid for again, or rows get each other's answers. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Blocks from "spillway/run/Blocks"
import { answer } from "spillway/testing"
import { asked, execute, questions } from "./questions.ts"
import * as Stack from "./Stack.ts"

const first = Stack.questions(12)
const swapped = [first[7], ...first.slice(1, 7), first[0], ...first.slice(8)].map(String)

/** What was done to the dataset, what it is now, and the questions that are asked for it. */
const changes: ReadonlyArray<
  readonly [string, ReadonlyArray<string>, asked: ReadonlyArray<string>]
> = [
  ["unchanged", first, []],
  ["grown at its end", Stack.questions(15), ["question 12", "question 13", "question 14"]],
  ["grown at its front", ["question 99", ...first], ["question 99"]],
  ["shuffled", first.toReversed(), []],
  ["with two rows exchanged", swapped, []],
  ["with a row edited", first.with(5, "question 55"), ["question 55"]],
  ["with a row removed", first.toSpliced(5, 1), []],
  ["with a row twice", [...first, "question 3"], ["question 3"]],
  [
    "with a row edited, one removed, and shuffled",
    first.with(1, "question 77").toReversed().slice(1),
    ["question 77"]
  ]
]

describe("pain 33: a changed dataset", () => {
  for (const [how, rows, expected] of changes) {
    it.effect(
      `pain 33: ${how}: asks for what changed only, and every row has its own answer`,
      () => {
        const sent: Array<string> = []
        return Stack.virtually(
          Stack.scripted((call) => {
            sent.push(asked(call))
            return answer(`about ${asked(call)}`)
          }),
          Effect.gen(function* () {
            const own = { target: (question: string) => `about ${question}` }
            yield* execute(questions(own))
            assert.deepStrictEqual(sent.splice(0).sort(), [...first].sort())
            for (const again of [expected, []]) {
              const report = yield* execute(questions({ ...own, dataset: Dataset.array(rows) }))
              assert.deepStrictEqual(sent.splice(0).sort(), [...again].sort())
              const fromStore = rows.length - again.length
              assert.deepInclude(report.requests, { answered: rows.length, fromStore, failed: 0 })
              assert.strictEqual(report.arms[0]?.score.mean, 1)
            }
            // And back: everything is there.
            yield* execute(questions(own))
            assert.deepStrictEqual(sent, [])
          }).pipe(Effect.provideService(Blocks.BlockSize, 4))
        )
      }
    )
  }
})
