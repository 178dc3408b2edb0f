/** A benchmark that is killed without a word goes on where it stopped. By hand with more kills: `test/bench/kill`. */
import { assert } from "@effect/vitest"
import { Effect, Random } from "effect"
import * as Cli from "./Cli.ts"
import { kill } from "./Kill.ts"

Cli.test(
  "answers every item once over three kills, and pays twice only for what was in flight at a kill",
  () =>
    Effect.gen(function* () {
      const concurrency = 8
      const outcome = yield* kill({ kills: 3, concurrency, latency: 0.25 })
      const { requests } = outcome.report
      assert.include(requests, { items: 240, missing: 0, failed: 0 })
      assert.strictEqual(requests.answered + requests.noAnswer, 240)
      assert.deepStrictEqual(outcome.timesAnswered, Array(240).fill(1))
      assert.strictEqual(outcome.contents, 240)
      assert.isAtMost(outcome.paidAgain, outcome.openAtKills)
      assert.isAtMost(outcome.openAtKills, 3 * concurrency)
      assert.isAbove(outcome.openAtKills, 0)
      assert.strictEqual(requests.unknownOutcome, outcome.openAtLastKill)
      assert.strictEqual(requests.fromStore + requests.sent, 240)
    }).pipe(Random.withSeed("kill -9"))
)
