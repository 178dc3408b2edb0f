import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as MarkdownReport from "spillway/report/MarkdownReport"
import { version } from "spillway/report/Version"
import { arm, comparison, repeated, report } from "./report.ts"

describe("a report as Markdown", () => {
  it("is a heading, narrow tables and a list", () => {
    assert.strictEqual(
      MarkdownReport.render(report()),
      `## gsm8k

| Arm | Score | 95% interval |
| :-- | --: | --: |
| gpt-6-luna | 87.9% | 83.2–91.5% |

| Arm | Requests | Wrong | No answer | Failed |
| :-- | --: | --: | --: | --: |
| gpt-6-luna | 240 | 24 | 3 (1 refused, 2 truncated) | 2 |

| Arm | p50 | p95 | Cost |
| :-- | --: | --: | --: |
| gpt-6-luna | 1.23 s | 3.21 s | $0.0123 |

- Run monday. No answer counts as wrong. Left out: 89.0%.
- 240 requests in 12.3 s, 245 sent (19.9/s), 5 retries, 4 answered 429.
- 52,114 input tokens (0 cached), 21,043 output (12 reasoning).
- Cost of these answers: $0.0123. Spent by this run: $0.0125.
- 2 failed (ServerError), in no score. Try again later.
`
    )
  })

  it("keeps names inside their cells", () => {
    const hostile = "a|b\n## c <img src=x> [l](http://e) `d`"
    const text = MarkdownReport.render(report({ arms: [arm({ label: hostile })] }))
    const row = text.split("\n").find((line) => line.startsWith("| a")) ?? ""
    assert.include(row, "a\\|b \\#\\# c &lt;img src=x&gt; \\[l\\](http:&#8203;//e) \\`d\\`")
    assert.strictEqual(row.split(/(?<!\\)\|/).length, 5)
  })

  it("calls nobody and links nothing that a dataset or a model names", () => {
    const text = MarkdownReport.escaped("ask @bob about #12 on www.a.b; exactMatch@1 is # 1")
    assert.strictEqual(
      text,
      "ask @&#8203;bob about \\#&#8203;12 on www&#8203;.a.b; exactMatch@1 is \\# 1"
    )
  })

  it("keeps them inside their sections too", () => {
    const hostile = "a|b\n## c <img src=x>"
    const arms = [arm({ label: hostile, repeated }), arm({ label: hostile, repeated })]
    const text = MarkdownReport.render(
      report({
        arms,
        comparisons: [{ ...comparison, a: hostile, b: hostile }],
        temperatureCurves: [{ name: hostile, points: [{ temperature: 0, score: arm().score }] }],
        tags: [{ tag: hostile, items: 1, scores: arms.map(({ score }) => score) }]
      })
    )
    assert.notMatch(text, /<img|^## c/m)
    assert.include(text, "a\\|b \\#\\# c &lt;img src=x&gt;")
  })

  it("warns of an unfinished run before its numbers", () => {
    const text = MarkdownReport.render(report({ complete: false, stopped: "No credit left." }))
    assert.match(text, /^## gsm8k\n\n> \*\*UNFINISHED: .*No credit left\.\*\*\n/)
  })

  it("warns of simulated answers", () => {
    assert.include(MarkdownReport.render(report({ simulated: true })), "> **SIMULATED")
  })
})

describe("the version in a report", () => {
  it("is that of the package", () => {
    const file: unknown = JSON.parse(
      readFileSync(new URL("../../package.json", import.meta.url), "utf8")
    )
    assert.deepInclude(file, { version })
  })
})
