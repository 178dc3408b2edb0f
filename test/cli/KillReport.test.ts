/** Kills leave no trace in the numbers. All 1,319 problems of GSM8K, and by other modes, by hand: `test/bench/kill-report`. */
import { assert } from "@effect/vitest"
import { Effect, Random } from "effect"
import * as Cli from "./Cli.ts"
import { killReport } from "./KillReport.ts"

Cli.test(
  "a benchmark of three arms and two repeats reports after kills what it would have without",
  () =>
    Effect.gen(function* () {
      const outcome = yield* killReport({
        ...{ kills: 2, seed: 11, limit: 40 },
        ...{ concurrency: 8, latency: 0.1 }
      })
      assert.deepStrictEqual(outcome.differences, [])
      assert.strictEqual(outcome.killed, 2)
      const { requests, spentUsd } = outcome.resumed
      assert.include(requests, { items: 240, missing: 0, failed: 0 })
      assert.isAbove(requests.fromStore, 0)
      assert.strictEqual(requests.fromStore + requests.sent, 240)
      // Attempts that a kill cut off were paid for twice: these are the ones whose second answer has to be the first.
      assert.isAbove(outcome.paidAgain ?? 0, 0)
      assert.isAbove(spentUsd, outcome.whole.spentUsd)
      // The arms are not all alike, and repeats differ: it is no wonder of one answer for everything.
      const agreement = outcome.resumed.arms.map(({ repeated }) => repeated?.agreement.allEqual)
      assert.strictEqual(agreement[0], 1)
      assert.isBelow(agreement[2] ?? 1, 1)
    }).pipe(Random.withSeed("kill -9"))
)
