/** Sweeps over efforts and prompts, and items that are passed over, as `spillway bench` takes and remembers them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type * as Benchmark from "spillway/benchmark/Benchmark"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import { UsageError } from "../../layers/cli/ExitCode.ts"
import * as SweepFlags from "../../layers/cli/SweepFlags.ts"
import type { BenchmarkReport } from "../../src/report/BenchmarkReport.ts"
import * as Cli from "./Cli.ts"
import { assertRefused } from "./refusals.ts"

const bench = `bench ${Cli.fixture("sweep.ts")} --offline --store s.sqlite`

Cli.test("sweeps efforts and prompts, passes invalid items over, and remembers both", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    assertRefused(
      yield* Cli.spillway(bench, { cwd }),
      2,
      /line 4, field question: .*pass over such items \(--skip-invalid\)/
    )
    const sweep = "--effort none --effort low --prompt steps --skip-invalid"
    const first = yield* Cli.spillway(`${bench} ${sweep} --quiet --json run.json`, { cwd })
    assert.strictEqual(first.code, 0, first.err)
    const report = Cli.readJson<BenchmarkReport>(`${cwd}/run.json`)
    assert.deepStrictEqual(
      report.arms.map(({ items, prompt, reasoningEffort }) => [reasoningEffort, prompt, items]),
      [
        ["none", "steps", 7],
        ["low", "steps", 7]
      ]
    )
    assert.strictEqual(report.skipped?.items, 1)
    assert.match(report.skipped?.first[0] ?? "", /line 4, field question/)

    const again = yield* Cli.spillway("bench --run sums --store s.sqlite --json again.json", {
      cwd
    })
    assert.strictEqual(again.code, 0, again.err)
    assert.match(again.out, /1 item passed over \(--skip-invalid\), in no score: .*line 4, field/s)
    const remembered = Cli.readJson<BenchmarkReport>(`${cwd}/again.json`)
    assert.deepInclude(remembered.requests, { items: 14, sent: 0, fromStore: 14 })
    assert.deepStrictEqual(remembered.arms, report.arms)

    const planned = yield* Cli.spillway(
      "bench --run sums --store s.sqlite --plan --prompt steps --prompt plain --json -",
      { cwd }
    )
    assert.strictEqual(planned.code, 0, planned.err)
    const plan = JSON.parse(planned.out) as Record<string, unknown>
    assert.deepInclude(plan, { items: 28, toSend: 14, answered: 14 })
    assert.match(String(plan.warnings), /1 item passed over/)
  })
)

const benchmark = (prompt: Benchmark.Definition<unknown>["prompt"]) => ({ name: "sums", prompt })

describe("a prompt variant that the benchmark does not have", () => {
  it.effect("is refused with those it has", () =>
    Effect.gen(function* () {
      const named = benchmark({ plain: () => "p", "a b": () => "q" })
      yield* SweepFlags.checkPrompts(named, { prompts: ["a b", "plain"] })
      const error = yield* Effect.flip(SweepFlags.checkPrompts(named, { prompts: ["plain", "x"] }))
      assert.instanceOf(error, UsageError)
      assert.match(error.message, /^--prompt "x": .*"sums" has no such.*It has: "plain", "a b"\.$/)
      const inherited = yield* Effect.flip(
        SweepFlags.checkPrompts(named, { prompts: ["toString"] })
      )
      assert.match(inherited.message, /"toString"/)
    })
  )

  it.effect("is refused where it has one prompt without a name", () =>
    Effect.gen(function* () {
      const one = benchmark(() => "p")
      yield* SweepFlags.checkPrompts(one, {})
      const error = yield* Effect.flip(SweepFlags.checkPrompts(one, { prompts: ["\u001b[2Jx"] }))
      assert.match(error.message, /^--prompt "x": .*has one prompt without a name\. Leave the flag/)
    })
  )
})

describe("a reasoning effort that no model has", () => {
  it.effect("is refused with those there are", () =>
    Effect.gen(function* () {
      yield* SweepFlags.checkEfforts({})
      yield* SweepFlags.checkEfforts({ reasoningEfforts: ["low", "none"] })
      const error = yield* Effect.flip(SweepFlags.checkEfforts({ reasoningEfforts: ["hihg"] }))
      assert.instanceOf(error, UsageError)
      assert.match(error.message, /^--effort "hihg": no model.*There are: .*high, low, .*none/)
    }).pipe(Effect.provide(BuiltInModelCatalog.layer))
  )
})
