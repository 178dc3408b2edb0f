/** Hours of paid answers, lost in a crash (lm-evaluation-harness#2533, ragas#726). */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Scorer from "spillway/benchmark/Scorer"
import type { ActiveRun } from "spillway/run/ActiveRun"
import { answer } from "spillway/testing"
import { asked, execute, ITEMS, questions, withJournal } from "./questions.ts"
import * as Stack from "./Stack.ts"

describe("pain 31: a crash loses hours", () => {
  for (const last of [1, 5, ITEMS]) {
    it.effect(
      `pain 31: killed after answer ${last}, the next start asks for the others only`,
      () => {
        const sent: Array<string> = []
        return Stack.virtually(
          Stack.scripted(
            (call) => {
              sent.push(asked(call))
              return answer("yes")
            },
            { limits: { maxInFlight: 1 } }
          ),
          Effect.gen(function* () {
            let kept = 0
            const ahead: Array<number> = []
            let active: ActiveRun | undefined
            const crashed = yield* execute(questions(), {
              beside: (started) =>
                Effect.sync(() => {
                  active = started.active
                })
            }).pipe(
              withJournal((journal) => ({
                append: (records) =>
                  Effect.suspend(() => {
                    const answers = records.filter(({ _tag }) => _tag === "Answered").length
                    // Durable first: what counts as progress is in the store already.
                    ahead.push((active?.counters.answered ?? 0) - kept)
                    return Effect.tap(journal.append(records), () => {
                      kept += answers
                      return answers > 0 && kept >= last ? Effect.die("killed") : Effect.void
                    })
                  })
              })),
              Effect.exit
            )
            assert.include(String(crashed), "killed")
            assert.isAtLeast(ahead.length, last)
            assert.isAtMost(Math.max(...ahead), 0)
            assert.lengthOf(sent, last)
            const report = yield* execute(questions())
            assert.deepStrictEqual([...sent].sort(), [...Stack.questions(ITEMS)].sort())
            assert.deepInclude(report.requests, { answered: ITEMS, sent: ITEMS - last, missing: 0 })
          })
        )
      }
    )
  }

  it.effect(
    "pain 31: killed while it scores, the next start scores again and asks for nothing",
    () =>
      Stack.virtually(
        Stack.scripted(() => answer("yes")),
        Effect.gen(function* () {
          const { exchanges } = yield* Stack.Door
          const dies = withJournal(() => ({ replaceResults: () => Effect.die("killed") }))
          assert.strictEqual((yield* Effect.exit(dies(execute(questions()))))._tag, "Failure")
          assert.lengthOf(exchanges, ITEMS)
          const report = yield* execute(questions())
          assert.lengthOf(exchanges, ITEMS)
          assert.strictEqual(report.arms[0]?.score.mean, 1)
          // And another scorer is another pass over the same answers.
          const no = Scorer.custom("no", 1, ({ text }) => text === "no")
          assert.strictEqual((yield* execute(questions({ scorers: [no] }))).arms[0]?.score.mean, 0)
          assert.lengthOf(exchanges, ITEMS)
        })
      )
  )
})
