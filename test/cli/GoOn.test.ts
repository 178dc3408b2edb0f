/** What a person is told to type after a stop, and when a run that ended is not good enough. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Bounds from "../../layers/cli/Bounds.ts"
import * as GoOn from "../../layers/cli/GoOn.ts"
import { RunStopped } from "../../src/error/RunStopped.ts"
import { report } from "../report/report.ts"

const scoring = (
  stopped: RunStopped,
  asked: { file?: string; maxCost?: number; retryFailed?: boolean }
) =>
  GoOn.stoppedScoring(stopped, {
    ...{ name: "r", store: "s.sqlite", quiet: true, scorers: ["judge.ts"] },
    settings: { command: "bench", file: "own.ts", maxCost: asked.maxCost ?? 2 },
    file: asked.file,
    maxCost: asked.maxCost,
    retryFailed: asked.retryFailed === true
  }).goOn

it("scoring goes on with the file and the cap that it was called with", () => {
  const interrupted = new RunStopped({ why: "interrupted", detail: "" })
  assert.match(
    scoring(interrupted, { file: "other.ts", maxCost: 5 }),
    / score r other\.ts --scorer judge\.ts --max-cost 5 --store s\.sqlite$/
  )
  assert.match(scoring(interrupted, {}), / score r --scorer judge\.ts --store s\.sqlite$/)
  const poor = new RunStopped({ why: "budget", detail: "", leastCapUsd: 6 })
  assert.match(scoring(poor, { maxCost: 5 }), / --scorer judge\.ts --max-cost 12 --store/)
  const failing = new RunStopped({ why: "too-many-failures", detail: "" })
  assert.match(scoring(failing, {}), / judge\.ts --retry-failed --store/)
  assert.match(scoring(failing, { retryFailed: true }), / judge\.ts --retry-failed --store/)
  assert.match(scoring(interrupted, { retryFailed: true }), / judge\.ts --retry-failed --store/)
})

const judge = { scorer: "clear@1", model: "m", costUsd: 0, inputTokens: 0, outputTokens: 0 }

it.effect("judges that gave too few verdicts miss a bound, as requests that failed do", () =>
  Effect.gen(function* () {
    const judged = (verdicts: number, maxFailed?: number) =>
      Bounds.check(
        report({ judges: [{ ...judge, asked: 10, judged: verdicts }] }),
        maxFailed === undefined ? {} : { maxFailed }
      )
    yield* judged(1)
    yield* judged(9, 0.1)
    const { detail } = yield* Effect.flip(judged(8, 0.1))
    assert.strictEqual(detail, "clear@1 gave no verdict on 2 of 10 answers.")
    yield* Effect.flip(judged(0))
  })
)
