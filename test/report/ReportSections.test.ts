import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { BenchmarkReport } from "spillway/report/BenchmarkReport"
import * as MarkdownReport from "spillway/report/MarkdownReport"
import * as TerminalReport from "spillway/report/TerminalReport"
import { arm, comparison, full, low, repeated, report } from "./report.ts"

describe("what a report shows beyond its first table", () => {
  it("fits a terminal of 80 columns", () => {
    assert.strictEqual(
      TerminalReport.render(full, { width: 80 }),
      `gsm8k · run monday

arm           score  95% interval  wrong  no answer  failed
gpt-6-luna    87.9%    83.2–91.5%     24          3       2
gpt-4.1-mini  84.8%    79.9–88.7%     24          7       2

arm              p50     p95     cost
gpt-6-luna    1.23 s  3.21 s  $0.0123
gpt-4.1-mini  1.23 s  3.21 s  $0.0123

Other scorers
arm         scorer        score  95% interval  not judged
gpt-6-luna  exactMatch@2  84.8%    79.9–88.7%           3
The numbers of the rest of the report are by lastNumber@1.

Arms compared
gpt-4.1-mini is better than gpt-6-luna by 3.1 points (95% interval 0.4 to 5.8)
  on 1,319 items; p 0.020: unlikely to be chance. Only gpt-4.1-mini was right on
  90, only gpt-6-luna on 49, both on 1,070, neither on 110.

Score against temperature, gpt-6-luna
temperature  score  95% interval
          0  87.9%    83.2–91.5%             ├───────────────●───────────┤
        0.7  84.8%    79.9–88.7%  ├────────────────●────────────┤
          1      –             –

3 repeats of each item
gpt-6-luna
  All repeats agree on 75.0% of 80 items; two of an item agree in 81.3%
    (Krippendorff's alpha 0.61).
  Of the variance 60.0% lies within items (from repeat to repeat), 40.0% between
    them.
  Majority vote: 90.0% (85.0–95.0%).
  At least one of k right: pass@1 85.0% (80.0–90.0%), pass@2 90.0% (85.0–95.0%),
    pass@3 92.5% (87.5–97.5%).
  All of k right: pass^2 80.0% (75.0–85.0%), pass^3 70.0% (65.0–75.0%).

Score by tag
tag      arm           items  score  95% interval
algebra  gpt-6-luna      120  87.9%    83.2–91.5%
algebra  gpt-4.1-mini    120  84.8%    79.9–88.7%

No answer counts as wrong. Left out: gpt-6-luna 89.0%, gpt-4.1-mini 89.0%.
Intervals take groups of items for independent, not the items: 40 of them.
240 requests in 12.3 s, 245 sent (19.9/s), 5 retries, 4 answered 429.
52,114 input tokens (0 cached), 21,043 output (12 reasoning).
Cost of these answers: $0.0123. Spent by this run: $0.0125.
2 failed (ServerError), in no score. Try again later.
`
    )
  })

  it("is a table where a wide terminal has room", () => {
    assert.strictEqual(
      TerminalReport.render({ ...full, tags: [], temperatureCurves: [] }, { width: 120 }),
      `gsm8k · run monday

arm           score  95% interval  wrong  no answer  failed     p50     p95     cost
gpt-6-luna    87.9%    83.2–91.5%     24          3       2  1.23 s  3.21 s  $0.0123
gpt-4.1-mini  84.8%    79.9–88.7%     24          7       2  1.23 s  3.21 s  $0.0123

Other scorers
arm         scorer        score  95% interval  not judged
gpt-6-luna  exactMatch@2  84.8%    79.9–88.7%           3
The numbers of the rest of the report are by lastNumber@1.

Arms compared
gpt-4.1-mini is better than gpt-6-luna by 3.1 points (95% interval 0.4 to 5.8) on 1,319 items; p 0.020: unlikely to be
  chance. Only gpt-4.1-mini was right on 90, only gpt-6-luna on 49, both on 1,070, neither on 110.

3 repeats of each item
gpt-6-luna
  All repeats agree on 75.0% of 80 items; two of an item agree in 81.3% (Krippendorff's alpha 0.61).
  Of the variance 60.0% lies within items (from repeat to repeat), 40.0% between them.
  Majority vote: 90.0% (85.0–95.0%).
  At least one of k right: pass@1 85.0% (80.0–90.0%), pass@2 90.0% (85.0–95.0%), pass@3 92.5% (87.5–97.5%).
  All of k right: pass^2 80.0% (75.0–85.0%), pass^3 70.0% (65.0–75.0%).

No answer counts as wrong. Left out: gpt-6-luna 89.0%, gpt-4.1-mini 89.0%.
Intervals take groups of items for independent, not the items: 40 of them.
240 requests in 12.3 s, 245 sent (19.9/s), 5 retries, 4 answered 429.
52,114 input tokens (0 cached), 21,043 output (12 reasoning).
Cost of these answers: $0.0123. Spent by this run: $0.0125.
2 failed (ServerError), in no score. Try again later.
`
    )
  })

  it("is said in sentences where a terminal is narrow", () => {
    const text = TerminalReport.render(full, { width: 30 })
    assert.isAtMost(Math.max(...text.split("\n").map((line) => line.length)), 30)
    assert.include(
      text,
      "algebra\n  arm gpt-6-luna, items 120,\n  score 87.9%, 95% interval\n  83.2–91.5%"
    )
  })

  it("has headings, narrow tables and lists in Markdown", () => {
    assert.strictEqual(
      MarkdownReport.render(full),
      `## gsm8k

| Arm | Score | 95% interval |
| :-- | --: | --: |
| gpt-6-luna | 87.9% | 83.2–91.5% |
| gpt-4.1-mini | 84.8% | 79.9–88.7% |

| Arm | Requests | Wrong | No answer | Failed |
| :-- | --: | --: | --: | --: |
| gpt-6-luna | 240 | 24 | 3 (1 refused, 2 truncated) | 2 |
| gpt-4.1-mini | 240 | 24 | 7 (1 refused, 2 truncated, 4 off-schema) | 2 |

| Arm | p50 | p95 | Cost |
| :-- | --: | --: | --: |
| gpt-6-luna | 1.23 s | 3.21 s | $0.0123 |
| gpt-4.1-mini | 1.23 s | 3.21 s | $0.0123 |

### Other scorers

| Arm | Scorer | Score | 95% interval | Not judged |
| :-- | :-- | --: | --: | --: |
| gpt-6-luna | exactMatch@2 | 84.8% | 79.9–88.7% | 3 |

The numbers of the rest of the report are by lastNumber@1.

### Arms compared

- gpt-4.1-mini is better than gpt-6-luna by 3.1 points (95% interval 0.4 to 5.8) on 1,319 items; p 0.020: unlikely to be chance. Only gpt-4.1-mini was right on 90, only gpt-6-luna on 49, both on 1,070, neither on 110.

### Score against temperature, gpt-6-luna

| Temperature | Score | 95% interval |
| --: | --: | --: |
| 0 | 87.9% | 83.2–91.5% |
| 0.7 | 84.8% | 79.9–88.7% |
| 1 | – | – |

### 3 repeats of each item

- gpt-6-luna
  - All repeats agree on 75.0% of 80 items; two of an item agree in 81.3% (Krippendorff's alpha 0.61).
  - Of the variance 60.0% lies within items (from repeat to repeat), 40.0% between them.
  - Majority vote: 90.0% (85.0–95.0%).
  - At least one of k right: pass@1 85.0% (80.0–90.0%), pass@2 90.0% (85.0–95.0%), pass@3 92.5% (87.5–97.5%).
  - All of k right: pass^2 80.0% (75.0–85.0%), pass^3 70.0% (65.0–75.0%).

### Score by tag

| Tag | Arm | Items | Score | 95% interval |
| :-- | :-- | --: | --: | --: |
| algebra | gpt-6-luna | 120 | 87.9% | 83.2–91.5% |
| algebra | gpt-4.1-mini | 120 | 84.8% | 79.9–88.7% |

### Run

- Run monday. No answer counts as wrong. Left out: gpt-6-luna 89.0%, gpt-4.1-mini 89.0%.
- Intervals take groups of items for independent, not the items: 40 of them.
- 240 requests in 12.3 s, 245 sent (19.9/s), 5 retries, 4 answered 429.
- 52,114 input tokens (0 cached), 21,043 output (12 reasoning).
- Cost of these answers: $0.0123. Spent by this run: $0.0125.
- 2 failed (ServerError), in no score. Try again later.
`
    )
  })

  it("is nothing for a report of an earlier version, which still decodes", () => {
    const old = Schema.decodeUnknownSync(BenchmarkReport)(JSON.parse(JSON.stringify(report())))
    assert.deepStrictEqual(old, report())
    assert.notInclude(MarkdownReport.render(old), "###")
    assert.strictEqual(TerminalReport.render(old).split("\n\n").length, 3)
  })

  it("is a table of comparisons where there are more than six", () => {
    const text = TerminalReport.render(
      report({ comparisons: Array.from({ length: 7 }, () => comparison) }),
      { width: 100 }
    )
    assert.include(
      text,
      `better        than        items  points  95% interval  p corrected        chance?
gpt-4.1-mini  gpt-6-luna  1,319     3.1    0.4 to 5.8        0.061  may be chance`
    )
    assert.include(
      TerminalReport.render(report({ comparisons: Array.from({ length: 7 }, () => comparison) })),
      "gpt-4.1-mini is better than gpt-6-luna by 3.1 points (95% interval 0.4 to 5.8)\n"
    )
    assert.include(text, "p is corrected for 7 comparisons by Holm's method.")
  })

  it("is a table of repeats where there are more than four arms", () => {
    const arms = Array.from({ length: 5 }, (_, n) =>
      arm({ label: `luna t=${n / 4}`, repeats: 3, repeated })
    )
    const text = TerminalReport.render(report({ arms }), { width: 80 })
    assert.include(
      text,
      `3 repeats of each item
arm          all agree  within  majority  pass@3  pass^3
luna t=0         75.0%   60.0%     90.0%   92.5%   70.0%
luna t=0.25      75.0%   60.0%     90.0%   92.5%   70.0%`
    )
  })

  it("shows ten tags, and says that there are more", () => {
    const tags = Array.from({ length: 12 }, (_, n) => ({
      tag: `tag ${n}`,
      items: 12 - n,
      scores: [low]
    }))
    const text = TerminalReport.render(report({ tags }), { width: 100 })
    assert.match(text, /tag 9 /)
    assert.notMatch(text, /tag 10/)
    const arms = Array.from({ length: 5 }, (_, n) => arm({ label: `arm ${n}` }))
    const wide = tags.map((tag) => ({ ...tag, scores: arms.map(() => low) }))
    const rows = TerminalReport.render(report({ arms, tags: wide }), { width: 100 })
      .split("\n")
      .filter((line) => line.startsWith("tag "))
    // Four tags of five arms, and the headings.
    assert.strictEqual(rows.length, 21)
    assert.include(text, "The most frequent tags; the JSON report has 12.")
  })
})
