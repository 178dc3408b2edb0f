import { assert, describe, it } from "@effect/vitest"
import type { Score } from "spillway/report/BenchmarkReport"
import { answer } from "../responses.ts"
import { arm, failed, none, report, scored } from "./tallied.ts"

const one = { arms: [arm("a")] }

const closeTo = (
  score: Score | undefined,
  [low, mean, high]: readonly [number, number, number]
) => {
  assert.closeTo(score?.mean ?? Number.NaN, mean, 5e-6)
  assert.closeTo(score?.ci95?.[0] ?? Number.NaN, low, 5e-6)
  assert.closeTo(score?.ci95?.[1] ?? Number.NaN, high, 5e-6)
}

describe("the score of an arm", () => {
  it("takes groups for independent, not items", () => {
    // By hand: residuals of the groups are -0.4, 0.4 and 0, so that the standard error is √(0.32 / 36 · 3/2) = 0.115470,
    // and t with two degrees of freedom is 4.302653.
    const items = [0.2, 0.4, 0.6, 0.8, 0.5, 0.5].map((score, index) => ({
      results: [[score]],
      group: `text ${Math.floor(index / 2)}`
    }))
    const [grouped] = report(items, one).arms
    closeTo(grouped?.score, [0.00317, 0.5, 0.99683])
    assert.strictEqual(grouped?.groups, 3)
    // Of independent items: s / √6 with s² = 0.04 and five degrees of freedom, of which t is 2.570582.
    const [apart] = report(
      items.map(({ results }) => ({ results })),
      one
    ).arms
    closeTo(apart?.score, [0.29011, 0.5, 0.70989])
    assert.notProperty(apart, "groups")
  })

  it("of right and wrong in groups is Wilson's of as many as tell", () => {
    // Groups 11, 00 and 10: as good as three answers, not six. Wilson's interval of 1.5 in 3 is 0.12533 to 0.87467.
    const items = [1, 1, 0, 0, 1, 0].map((score, index) => ({
      results: [[score]],
      group: `text ${Math.floor(index / 2)}`
    }))
    closeTo(report(items, one).arms[0]?.score, [0.12533, 0.5, 0.87467])
  })

  it("counts what the model did not give apart, off-schema too, and what failed in no score", () => {
    const results = [1, 0, none("off-schema"), none("truncated"), failed, 1]
    const items = results.map((result) => ({ results: [[result]] }))
    const strict = report(items, one)
    const [arms] = strict.arms
    assert.deepInclude(arms, {
      items: 6,
      scored: 3,
      wrong: 1,
      offSchema: 1,
      truncated: 1,
      refused: 0,
      filtered: 0,
      empty: 0,
      failed: 1
    })
    assert.strictEqual(strict.requests.noAnswer, 2)
    assert.deepInclude(arms?.score, { mean: 2 / 5, n: 5 })
    assert.deepInclude(arms?.scorers[0]?.noAnswerExcluded, { mean: 2 / 3, n: 3 })
    const [lenient] = report(items, { ...one, noAnswer: "exclude" }).arms
    assert.deepInclude(lenient?.score, { mean: 2 / 3, n: 3 })
  })

  it("counts answers that a scorer could not judge in neither score", () => {
    const unjudged = {
      ...scored(1),
      scores: [{ _tag: "ScoreFailed" as const, reason: "no number" }]
    }
    const { arms, scoreFailures } = report([{ results: [[1]] }, { results: [[unjudged]] }], one)
    assert.deepInclude(arms[0]?.scorers[0], { scoreFailed: 1 })
    assert.deepInclude(arms[0], { scored: 2, wrong: 0 })
    assert.deepInclude(arms[0]?.score, { mean: 1, n: 1 })
    assert.deepStrictEqual(scoreFailures, [{ scorer: "right@1", reason: "no number" }])
  })

  it("of several scorers is the first one's; each has its own", () => {
    const both = (first: number, second: number) => ({
      ...scored(first),
      scores: [
        { _tag: "Score" as const, value: first },
        { _tag: "Score" as const, value: second }
      ]
    })
    const items = [both(1, 0), both(1, 1), both(0, 0), none()].map((one) => ({ results: [[one]] }))
    const [arms] = report(items, { ...one, scorers: ["first", "second"] }).arms
    assert.strictEqual(arms?.score.mean, 0.5)
    assert.deepStrictEqual(
      arms?.scorers.map(({ noAnswerExcluded, noAnswerWrong, scorer }) => [
        scorer,
        noAnswerWrong.mean,
        noAnswerExcluded.mean
      ]),
      [
        ["first@1", 0.5, 2 / 3],
        ["second@1", 0.25, 1 / 3]
      ]
    )
  })
})

describe("a conversation", () => {
  it("costs and takes what all its turns do, however it ends", () => {
    const earlier = [
      answer("?", { cost: 5_000, latencyMs: 400 }),
      answer("??", { cost: 7_000, latencyMs: 600, servedModel: "gpt-6-luna-2026-10-01" })
    ]
    const { arms, costUsd, usage } = report(
      [{ results: [[{ ...scored(1), earlier }]] }, { results: [[{ ...failed, earlier }]] }],
      one
    )
    assert.deepStrictEqual(arms[0]?.latencySeconds, { p50: 2, p95: 2, p99: 2 })
    assert.deepStrictEqual(arms[0]?.servedModels, [
      "gpt-6-luna-2026-09-01",
      "gpt-6-luna-2026-10-01"
    ])
    assert.strictEqual(costUsd, (12_000 + 20_000 + 12_000) / 1e9)
    assert.strictEqual(usage.inputTokens, 500)
    assert.strictEqual(usage.outputTokens, 100)
  })

  it("whose last answer is shared paid nothing for it", () => {
    const shared = { ...scored(1), shared: true as const, earlier: [answer("?")] }
    const { costUsd, usage } = report([{ results: [[scored(1)]] }, { results: [[shared]] }], one)
    assert.strictEqual(costUsd, 20_000 / 1e9)
    assert.strictEqual(usage.inputTokens, 100)
  })
})

describe("tags", () => {
  it("split the score, arm by arm, the most frequent first", () => {
    const { tags } = report([
      { results: [[1], [0]], tags: ["sums", "easy", "sums"] },
      { results: [[1], [none()]], tags: ["sums"] },
      { results: [[0], [1]], tags: [] }
    ])
    assert.deepStrictEqual(
      tags?.map(({ items, scores, tag }) => [
        tag,
        items,
        ...scores.map(({ mean, n }) => [mean, n])
      ]),
      [
        ["sums", 2, [1, 2], [0, 2]],
        ["easy", 1, [1, 1], [0, 1]]
      ]
    )
    // Wilson's interval of 2 in 2 begins at 2 / (2 + z²).
    assert.closeTo(tags?.[0]?.scores[0]?.ci95?.[0] ?? 0, 2 / (2 + 1.959964 ** 2), 1e-6)
  })

  it("are shown up to 50, told apart up to 1,000, and it says where there were more", () => {
    const item = (tag: string) => ({ results: [[1]], tags: [tag] })
    const many = Array.from({ length: 1_000 }, (_, n) => item(`tag ${n}`))
    const full = report([...many, item("tag 7")], one)
    assert.strictEqual(full.tags?.length, 50)
    assert.deepInclude(full.tags?.[0], { tag: "tag 7", items: 2 })
    assert.deepStrictEqual(full.warnings, [])
    const over = report([...many, item("more"), item("more")], one)
    assert.isFalse(over.tags?.some(({ tag }) => tag === "more"))
    assert.match(over.warnings[0] ?? "", /more than 1000 tags/)
  })

  it("are absent where no item has one", () => {
    assert.notProperty(report([{ results: [[1], [1]] }]), "tags")
  })
})

describe("temperature curves", () => {
  const at = (model: string, temperature: number | undefined, more: object = {}) =>
    arm(`${model}${temperature === undefined ? "" : ` t=${temperature}`}`, {
      model,
      temperature,
      ...more
    })

  it("join arms that differ in temperature alone, from cold to hot", () => {
    const arms = [at("luna", 1), at("luna", 0), at("sol", 0.5), at("mini", undefined)]
    const { temperatureCurves } = report([{ results: [[0], [1], [1], [1]] }], { arms })
    assert.deepStrictEqual(
      temperatureCurves?.map(({ name, points }) => [
        name,
        ...points.map(({ score, temperature }) => [temperature, score.mean])
      ]),
      [["luna", [0, 1], [1, 0]]]
    )
  })

  it("keep prompts and efforts apart", () => {
    const arms = ["steps", "brief"].flatMap((prompt) =>
      [0, 1].map((temperature) =>
        arm(`luna t=${temperature} prompt=${prompt}`, { model: "luna", temperature, prompt })
      )
    )
    const { temperatureCurves } = report([{ results: [[0], [1], [1], [0]] }], { arms })
    assert.deepStrictEqual(
      temperatureCurves?.map(({ name }) => name),
      ["luna prompt=steps", "luna prompt=brief"]
    )
  })

  it("are absent at a single temperature", () => {
    const { arms, ...others } = report([{ results: [[1]] }], { arms: [at("luna", 0)] })
    assert.strictEqual(arms[0]?.temperature, 0)
    assert.notProperty(others, "temperatureCurves")
  })
})
