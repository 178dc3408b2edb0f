/** Verdicts by batches and in hybrid mode: a phase of their own behind the answers, collected and paid for once. */
import { assert, describe } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Judged from "spillway/benchmark/family/Judged"
import type { BenchmarkReport } from "spillway/report/BenchmarkReport"
import { respond } from "spillway/simulator/DefaultResponder"
import { text } from "spillway/simulator/Responder"
import * as World from "../batch-jobs/BatchWorld.ts"
import * as HybridProgram from "../generate/HybridProgram.ts"

const ITEMS = 20

const causes = Judged.make({
  name: "causes",
  item: Schema.Finite,
  dataset: Dataset.array(Array.from({ length: ITEMS }, (_, n) => n)),
  question: (n) => `Why ${n}?`,
  reference: (n) => `because ${n}`,
  criteria: "It names the cause.",
  judge: { model: "gpt-4o-mini", maxOutputTokens: 200 },
  request: { model: "gpt-4o-mini", maxOutputTokens: 50 }
})

/** Always right; its judge is the simulator's own. */
const world = World.make({
  tier: "unlimited",
  responder: (request) =>
    request.schema === undefined
      ? text(`It is because ${/\d+/.exec(request.prompt.text)?.[0]}.`)
      : respond(request)
})

const assertWhole = (report: BenchmarkReport, at: World.World) => {
  assert.isTrue(report.complete)
  assert.deepInclude(report.requests, { items: ITEMS, answered: ITEMS, failed: 0, missing: 0 })
  assert.deepInclude(report.judges?.[0], { asked: ITEMS, judged: ITEMS })
  assert.isAbove(report.arms[0]?.score.mean ?? 0, 0.9)
  assert.deepStrictEqual(World.bills(at), Array(2 * ITEMS).fill(1))
}

describe("a judged benchmark", () => {
  World.test(
    "by batches submits its verdicts once the answers are there, whichever start that is",
    () =>
      Effect.gen(function* () {
        const at = yield* world
        const stops: Array<string> = []
        for (let start = 0; start < 2; start++) {
          const stopped = yield* BenchmarkRun.execute(causes, { detach: true }).pipe(
            Effect.provide(World.program(at)),
            Effect.flip
          )
          if (stopped._tag !== "BenchmarkStopped") return assert.fail(stopped._tag)
          const { judges, requests } = stopped.report
          stops.push(`${stopped.stopped.why} ${requests.answered} ${judges?.[0]?.judged}`)
          yield* Effect.sleep("1 day")
        }
        assert.deepStrictEqual(stops, ["detached 0 0", `detached ${ITEMS} 0`])
        const report = yield* BenchmarkRun.execute(causes).pipe(Effect.provide(World.program(at)))
        assertWhole(report, at)
        assert.strictEqual(report.mode, "batch")
        // Ten lines a batch: two of answers, two of verdicts.
        assert.strictEqual(World.count(at, "batches.create"), 4)
      })
  )

  World.test("in hybrid mode is whole as well", () =>
    Effect.gen(function* () {
      const at = yield* world
      const report = yield* BenchmarkRun.execute(causes).pipe(
        Effect.provide(HybridProgram.program(at, { limits: { requestsPerMinute: 10 } }))
      )
      assertWhole(report, at)
      assert.strictEqual(report.mode, "hybrid")
    })
  )
})
