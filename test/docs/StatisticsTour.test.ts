/** The tour of statistics cannot go stale: what it shows is what the same commands print. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as SimulatedTargets from "spillway/benchmark/SimulatedTargets"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import * as Offline from "spillway/layers/presets/Offline"
import * as Compare from "spillway/report/compare/Compare"
import * as TerminalCompare from "spillway/report/compare/TerminalCompare"
import * as Export from "spillway/report/export/Export"
import * as Sensitivity from "spillway/report/Sensitivity"
import * as TerminalReport from "spillway/report/TerminalReport"
import { fromTargets } from "spillway/simulator/BenchmarkResponder"
import gsm8k from "../../examples/03-gsm8k.ts"
import * as Markdown from "./Markdown.ts"
import { rehearse } from "./Rehearsal.ts"

const shown = Markdown.blocks(Markdown.read("examples/tour/statistics.md"), "text")

/** Without what depends on the time it took: latencies, and the line of the duration. */
const steady = (text: string): ReadonlyArray<string> =>
  text
    .trimEnd()
    .split("\n")
    .filter((line) => !/ requests in .* sent/.test(line))
    .map((line) => line.replace(/p50 .*$/, "").replace(/ +\d+\.\d\d s +\d+\.\d\d s/, ""))
    // Columns get as wide as what is in them.
    .map((line) => line.replace(/ {2,}/g, "  ").trimEnd())

describe("the tour of statistics", () => {
  it.live("shows the report that its command prints", () =>
    Effect.gen(function* () {
      const report = yield* rehearse(gsm8k, {
        ...{ temperatures: [0, 1, 2], repeats: 3, name: "temps" }
      })
      const printed = steady(TerminalReport.render(report, { width: 100 })).join("\n")
      const parts = ["arm  ", "Arms compared", "Score against", "3 repeats", "No answer counts"]
      for (const part of parts) {
        const block = shown.find((one) => one.startsWith(part))
        assert.isDefined(block, part)
        const wanted = steady(block ?? "?")
        for (const line of wanted) assert.include(printed, line, part)
      }
    })
  )

  it.live("agrees with the README, and with its picture of the demo", () =>
    Effect.gen(function* () {
      const readme = Markdown.read("README.md")
      const block = Markdown.blocks(readme, "text").find((one) => one.includes("Arms compared"))
      const sweep = yield* rehearse(gsm8k, { temperatures: [0, 1], repeats: 3 })
      const printed = steady(TerminalReport.render(sweep, { width: 100 })).join("\n")
      for (const line of steady(block ?? "?")) assert.include(printed, line)
      const demo = yield* rehearse(gsm8k)
      const [, row = "?"] = />(gpt-6-luna .*?)</.exec(Markdown.read("examples/terminal.svg")) ?? []
      const [wanted = "?"] = steady(row)
      assert.include(steady(TerminalReport.render(demo, { width: 100 })).join("\n"), wanted)
    })
  )

  it("shows what its plan says that the items can show", () => {
    const plan = shown.find((block) => block.includes("a plan: nothing was sent")) ?? ""
    const lines = Sensitivity.lines(Sensitivity.make({ items: 240, clusters: null, arms: 3 }))
    assert.isAtLeast(lines.length, 3)
    for (const [, line] of lines) assert.include(plan, line)
  })

  it.live("shows the comparison of two runs", () =>
    Effect.gen(function* () {
      const { lookup, targets } = yield* SimulatedTargets.load(gsm8k)
      const responder = fromTargets(lookup, { targets })
      const report = yield* Effect.gen(function* () {
        const store = yield* CheckpointStore
        const run = Effect.fnUntraced(function* (name: string, model: string) {
          const report = yield* BenchmarkRun.execute(gsm8k, { name, models: [model] })
          const summary = yield* Effect.flatMap(store.find(name), Effect.fromOption)
          const outline = yield* Export.outline(summary.id)
          return outline === undefined
            ? yield* Effect.die("a run without results")
            : { id: summary.id, name, report, outline }
        })
        return yield* Compare.make([
          yield* run("luna", "gpt-6-luna"),
          yield* run("sol", "gpt-6-sol")
        ])
      }).pipe(Effect.provide(Offline.layer({ seed: 1, tier: "unlimited", latency: 0, responder })))
      const printed = steady(TerminalCompare.render(report, { width: 100 })).join("\n")
      const block = shown.find((one) => one.startsWith("Each on all of its own items")) ?? "?"
      for (const line of steady(block)) assert.include(printed, line)
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
