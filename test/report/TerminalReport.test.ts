import { stripVTControlCharacters } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as TerminalReport from "spillway/report/TerminalReport"
import { arm, report } from "./report.ts"

const widest = (text: string) => Math.max(...text.split("\n").map((line) => line.length))

describe("a report on a terminal", () => {
  it("shows arms as a table where it fits", () => {
    const arms = [arm(), arm({ label: "gpt-4.1-mini t=0.7", temperature: 0.7, costUsd: null })]
    assert.strictEqual(
      TerminalReport.render(report({ arms }), { width: 100 }),
      `gsm8k · run monday

arm                 score  95% interval  wrong  no answer  failed     p50     p95      cost
gpt-6-luna          87.9%    83.2–91.5%     24          3       2  1.23 s  3.21 s   $0.0123
gpt-4.1-mini t=0.7  87.9%    83.2–91.5%     24          3       2  1.23 s  3.21 s  unpriced

No answer counts as wrong. Left out: gpt-6-luna 89.0%, gpt-4.1-mini t=0.7 89.0%.
240 requests in 12.3 s, 245 sent (19.9/s), 5 retries, 4 answered 429.
52,114 input tokens (0 cached), 21,043 output (12 reasoning).
Cost of these answers: $0.0123. Spent by this run: $0.0125.
2 failed (ServerError), in no score. Try again later.
`
    )
  })

  it("shows a block for each arm where the table does not fit", () => {
    assert.strictEqual(
      TerminalReport.render(report({ failures: [] }), { width: 60 }),
      `gsm8k · run monday

gpt-6-luna
  87.9%, 95% interval 83.2–91.5%
  240 requests: 235 answered, 24 wrong, 3 without an answer
  (1 refused, 2 truncated), 2 failed
  latency p50 1.23 s, p95 3.21 s, p99 14.5 s; cost $0.0123

No answer counts as wrong. Left out: 89.0%.
240 requests in 12.3 s, 245 sent (19.9/s), 5 retries, 4
answered 429.
52,114 input tokens (0 cached), 21,043 output (12
reasoning).
Cost of these answers: $0.0123. Spent by this run: $0.0125.
`
    )
  })

  it("never exceeds the width, however long the names", () => {
    const long = arm({ label: "x".repeat(200) })
    for (const width of [20, 40, 80, 132]) {
      const text = TerminalReport.render(
        report({ arms: [long, arm()], benchmark: "b".repeat(99), simulated: true }),
        { width }
      )
      assert.isAtMost(widest(text), width)
    }
    assert.isAtMost(widest(TerminalReport.render(report())), 80)
  })

  it("says first that answers are simulated", () => {
    const [, second] = TerminalReport.render(report({ simulated: true })).split("\n")
    assert.match(second ?? "", /^SIMULATED: /)
  })

  it("says that a run is unfinished, how much is missing and why", () => {
    const requests = { ...report().requests, missing: 40 }
    const text = TerminalReport.render(
      report({ complete: false, stopped: "The run stopped (budget).", requests }),
      { width: 200 }
    )
    assert.strictEqual(
      text.split("\n")[1],
      "UNFINISHED: 40 of 240 requests are missing; the numbers are of the others. The run stopped (budget)."
    )
    const late = report({ complete: false, stopped: "The run stopped (interrupted)." })
    assert.include(
      TerminalReport.render(late, { width: 200 }),
      "UNFINISHED: the run stopped before its end. The run stopped (interrupted)."
    )
  })

  it("writes a dash where a number is not known", () => {
    const nothing = { mean: null, ci95: null, n: 0 }
    const text = TerminalReport.render(
      report({
        arms: [arm({ score: nothing, latencySeconds: { p50: null, p95: null, p99: null } })]
      }),
      { width: 100 }
    )
    assert.match(text, /gpt-6-luna +– +– /)
    assert.notMatch(text, /NaN|null|undefined/)
  })

  it("uses colours only when asked, and lets none in from names", () => {
    const hostile = "evil\u001b[31m\u001b]0;owned\u0007\r\n\u202ename"
    const parts = {
      benchmark: hostile,
      run: hostile,
      arms: [arm({ label: hostile })],
      failures: [{ reason: hostile, items: 1, advice: hostile }],
      scoreFailures: [{ scorer: hostile, reason: hostile }],
      warnings: [hostile],
      complete: false,
      stopped: hostile
    }
    const plain = TerminalReport.render(report(parts))
    assert.notMatch(plain, /(?!\n)[\p{Cc}\p{Bidi_Control}]/u)
    assert.include(plain, "evil name")
    const coloured = TerminalReport.render(report({ simulated: true }), { colour: true })
    assert.include(coloured, "\u001b[1m")
    assert.strictEqual(
      stripVTControlCharacters(coloured),
      TerminalReport.render(report({ simulated: true }))
    )
  })
})
