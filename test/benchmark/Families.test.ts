/** Families of benchmarks: what they ask, what they take for an answer, and the examples made with them, run offline. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Schema, Stream } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as ExactAnswer from "spillway/benchmark/family/ExactAnswer"
import * as Judged from "spillway/benchmark/family/Judged"
import * as MultipleChoice from "spillway/benchmark/family/MultipleChoice"
import * as Samples from "spillway/benchmark/Samples"
import * as Scorer from "spillway/benchmark/Scorer"
import * as SimulatedTargets from "spillway/benchmark/SimulatedTargets"
import * as Offline from "spillway/layers/presets/Offline"
import { fromTargets } from "spillway/simulator/BenchmarkResponder"
import explanations from "../../examples/08-judged.ts"
import school from "../../examples/09-multiple-choice.ts"
import bbh from "../../examples/10-big-bench-hard.ts"
import gsm8k from "../../examples/11-gsm8k-few-shot.ts"
import { scoreOf } from "../scorer/judging.ts"

const Row = Schema.Struct({ q: Schema.String, a: Schema.String })
const rows = [
  { q: "2+2?", a: "4" },
  { q: "3+3?", a: "6" }
]
const shots = () => [{ question: "1+1?", answer: "It is 2. The answer is 2." }]
const common = { name: "sums", item: Row, dataset: Dataset.array(rows) }
const exact = {
  ...common,
  question: ({ q }: typeof Row.Type) => q,
  answer: ({ a }: typeof Row.Type) => a
}

const first = <Item, Answer>(benchmark: Benchmark.Benchmark<Item, Answer>) =>
  Samples.samples(benchmark).pipe(
    Stream.take(1),
    Stream.runCollect,
    Effect.map(([sample]) => ({
      prompt: sample?.prompts.values().next().value,
      target: sample?.target
    })),
    Effect.provide(FileSystem.layerNoop({}))
  )

const scorerOf = <Item>({ scorers: [scorer] }: Benchmark.Benchmark<Item>): Scorer.Scorer<Item> => {
  if (Scorer.isJudge(scorer)) throw new Error("a judge")
  return scorer as Scorer.Scorer<Item>
}

describe("exact answers", () => {
  it.effect("are asked for in words that their scorer looks for", () =>
    Effect.gen(function* () {
      const benchmark = ExactAnswer.make(exact)
      const { prompt, target } = yield* first(benchmark)
      assert.deepStrictEqual(prompt, [
        {
          role: "user",
          content:
            'Reason step by step. Then end with a line of the form "The answer is <answer>."\n\n2+2?'
        }
      ])
      assert.strictEqual(target, "4")
      assert.strictEqual(benchmark.noAnswer, "wrong")
      const scorer = scorerOf(benchmark)
      assert.strictEqual(yield* scoreOf(scorer, "Two and two.\nThe answer is 4.", "4"), 1)
      assert.strictEqual(yield* scoreOf(scorer, "Two and two.\nThe answer is 5.", "4"), 0)
    })
  )

  it.effect("have their examples as turns of the conversation, or in one text", () =>
    Effect.gen(function* () {
      const turns = yield* first(ExactAnswer.make({ ...exact, shots, instructions: "Add up." }))
      assert.deepStrictEqual(turns.prompt, [
        { role: "user", content: "Add up.\n\n1+1?" },
        { role: "assistant", content: "It is 2. The answer is 2." },
        { role: "user", content: "2+2?" }
      ])
      const text = yield* first(
        ExactAnswer.make({
          ...{ ...exact, shots, form: "text", lead: "Let's think step by step." },
          instructions: ({ q }) => `Of ${q.length} characters.`
        })
      )
      assert.strictEqual(
        text.prompt,
        "Of 4 characters.\n\nQ: 1+1?\nA: It is 2. The answer is 2.\n\nQ: 2+2?\nA: Let's think step by step."
      )
      const plain = yield* first(ExactAnswer.make({ ...exact, form: "text", instructions: "" }))
      assert.strictEqual(plain.prompt, "Q: 2+2?\nA:")
    })
  )

  it("hand on what every benchmark may have", () => {
    const benchmark = ExactAnswer.make({
      ...exact,
      ...{ noAnswer: "exclude", request: { model: "gpt-6-luna" }, sweep: { temperatures: [0, 1] } },
      tags: ({ a }) => [a],
      group: ({ q }) => q,
      id: ({ q }) => q,
      scorers: [Scorer.exactMatch, Scorer.numeric()]
    })
    assert.deepInclude(benchmark, {
      noAnswer: "exclude",
      request: { model: "gpt-6-luna" },
      sweep: { temperatures: [0, 1] }
    })
    const [row = { q: "", a: "" }] = rows
    assert.deepStrictEqual(
      [benchmark.tags?.(row), benchmark.group?.(row), benchmark.id?.(row, 0)],
      [["4"], "2+2?", "2+2?"]
    )
    assert.strictEqual(benchmark.scorers.length, 2)
    assert.strictEqual(Benchmark.isBenchmark(benchmark), true)
  })
})

describe("multiple choice", () => {
  const Question = Schema.Struct({
    question: Schema.String,
    choices: Schema.Array(Schema.String),
    answer: Schema.Union([Schema.Finite, Schema.String])
  })
  const make = (answer: number | string, more: object = {}) =>
    MultipleChoice.make({
      ...{ name: "mc", item: Question },
      dataset: Dataset.array([{ question: "Which?", choices: ["red", "green", "A"], answer }]),
      question: ({ question }) => question,
      choices: ({ choices }) => choices,
      answer: (item) => item.answer,
      ...more
    })

  it.effect("lists the options under letters, and asks for one", () =>
    Effect.gen(function* () {
      const { prompt, target } = yield* first(make(1))
      assert.deepStrictEqual(prompt, [
        {
          role: "user",
          content:
            "Answer each question with the letter of the right option alone.\n\nWhich?\nA. red\nB. green\nC. A"
        }
      ])
      assert.strictEqual(target, "B")
      const reasoned = yield* first(make(1, { reasoning: true, form: "text" }))
      assert.include(String(reasoned.prompt), 'a line of the form "The answer is (X)."')
    })
  )

  it.effect("takes the right answer as place, letter or text", () =>
    Effect.gen(function* () {
      const cases = [
        [0, "A"],
        [2, "C"],
        ["B", "B"],
        ["(b)", "B"],
        ["green", "B"],
        // A text goes before a letter.
        ["A", "C"]
      ] as const
      for (const [answer, target] of cases) {
        assert.strictEqual((yield* first(make(answer))).target, target)
      }
      for (const answer of [3, -1, 0.5, "D", "blue", ""]) {
        const { message } = yield* Effect.flip(first(make(answer)))
        assert.include(message, "line 1: The benchmark's `target` threw RangeError for this item.")
      }
    })
  )

  it.effect("reads answers as they are given", () =>
    Effect.gen(function* () {
      const scorer = scorerOf(make(1))
      const item = { question: "Which?", choices: ["red", "green", "blue"], answer: 1 }
      const cases: ReadonlyArray<readonly [answer: string, score: number]> = [
        ["B", 1],
        ["(B)", 1],
        ["b.", 1],
        ["green", 1],
        ["**B. green**", 1],
        ["Reasoning.\nThe answer is (B).", 1],
        ["A is red. The answer is B", 1],
        ["A", 0],
        ["red", 0],
        ["A or B", 0],
        ["I cannot say.", 0]
      ]
      for (const [answer, score] of cases) {
        assert.strictEqual(yield* scoreOf(scorer, answer, "B", item), score, answer)
      }
    })
  )
})

describe("judged answers", () => {
  it.effect("are judged by criteria against the reference, if there is one", () =>
    Effect.gen(function* () {
      const options = {
        ...{ ...common, question: ({ q }: typeof Row.Type) => q, criteria: "It is right." },
        ...{ judge: { model: "gpt-6-sol" }, version: 4 }
      }
      const bare = Judged.make(options)
      assert.deepStrictEqual(yield* first(bare), {
        prompt: [{ role: "user", content: "2+2?" }],
        target: ""
      })
      const [judge] = bare.scorers
      assert.strictEqual(Scorer.idOf(judge), "judge@4")
      const withReference = Judged.make({
        ...options,
        reference: ({ a }) => a,
        scorers: [Scorer.includes()]
      })
      assert.strictEqual((yield* first(withReference)).target, "4")
      assert.strictEqual(withReference.scorers.length, 2)
    })
  )

  it("without criteria are refused where they are defined", () => {
    const make = () =>
      Judged.make({
        ...{ ...common, question: ({ q }: typeof Row.Type) => q, criteria: " " },
        judge: { model: "gpt-6-sol" }
      })
    assert.throws(make, /A rubric needs criteria/)
  })
})

describe("the examples of families", () => {
  /** Offline, as `spillway bench --offline` does it, in this process. */
  const run = <Item, Answer>(benchmark: Benchmark.Benchmark<Item, Answer>, limit: number) =>
    Effect.gen(function* () {
      const { lookup, targets } = yield* SimulatedTargets.load(benchmark, { limit })
      const responder = fromTargets(lookup, { targets, refusals: 0, truncations: 0 })
      return yield* BenchmarkRun.execute(benchmark, { limit }).pipe(
        Effect.provide(Offline.layer({ seed: 3, tier: "unlimited", latency: 0, responder }))
      )
    }).pipe(Effect.provide(NodeServices.layer))

  const scored = (
    report: Effect.Success<ReturnType<typeof run>>
  ): ReadonlyArray<readonly [string, number]> =>
    (report.arms[0]?.scorers ?? []).map(
      ({ noAnswerWrong, scorer }) => [scorer, noAnswerWrong.mean ?? Number.NaN] as const
    )

  it.live("judge explanations", () =>
    Effect.gen(function* () {
      const report = yield* run(explanations, 16)
      assert.isTrue(report.complete)
      assert.deepInclude(report.judges?.[0], { scorer: "judge@1", asked: 16, judged: 16 })
      const [[, mean] = ["", Number.NaN]] = scored(report)
      assert.isTrue(mean > 0.5 && mean < 1)
    })
  )

  it.live("ask school questions with examples of the same subject, and tell subjects apart", () =>
    Effect.gen(function* () {
      const report = yield* run(school, 24)
      const [[, mean] = ["", Number.NaN]] = scored(report)
      assert.isAbove(mean, 0.6)
      assert.deepStrictEqual(
        report.tags?.map(({ items, tag }) => [tag, items]),
        ["astronomy", "biology", "geography"].map((tag) => [tag, 8])
      )
      const samples = yield* Stream.runCollect(Samples.samples(school)).pipe(
        Effect.provide(NodeServices.layer)
      )
      for (const { item } of samples) {
        assert.deepStrictEqual(
          item.examples.map(({ subject }) => subject),
          Array(3).fill(item.subject)
        )
      }
    })
  )

  it.live("score puzzles as the harness scores BIG-Bench Hard", () =>
    Effect.gen(function* () {
      const scores = scored(yield* run(bbh, 24))
      assert.deepStrictEqual(
        scores.map(([scorer]) => scorer),
        ["finalAnswer@1", "bbhExact@1"]
      )
      // The simulated model ends as the examples do, so that both find its answers.
      for (const [, mean] of scores) assert.isAbove(mean, 0.6)
    })
  )

  it.live("score word problems by both of the harness's rules", () =>
    Effect.gen(function* () {
      const scores = scored(yield* run(gsm8k, 40))
      assert.deepStrictEqual(
        scores.map(([scorer]) => scorer),
        ["gsm8kStrict@1", "gsm8kFlexible@1"]
      )
      for (const [, mean] of scores) assert.isAbove(mean, 0.6)
    })
  )
})

it.effect("examples by a field are of the item's kind only, and too few of it are an error", () =>
  Effect.gen(function* () {
    const pool = Dataset.array([
      { kind: "x", n: 1 },
      { kind: "y", n: 2 },
      { kind: "x", n: 3 },
      { n: 4 }
    ])
    const values = (items: ReadonlyArray<unknown>, count: number) =>
      Stream.runCollect(
        Dataset.rows(Dataset.withExamples(Dataset.array(items), pool, { count, by: "kind" }))
      ).pipe(
        Effect.map((rows) =>
          rows.map(({ value }) => Object(value).examples.map(({ n }: { n: number }) => n))
        ),
        Effect.provide(FileSystem.layerNoop({}))
      )
    assert.deepStrictEqual(yield* values([{ kind: "x" }], 2), [[1, 3]])
    assert.deepStrictEqual(yield* values([{ kind: "y" }, { other: 1 }], 1), [[2], [4]])
    const { message } = yield* Effect.flip(values([{ kind: "x" }, { kind: "y" }], 2))
    assert.include(message, "line 2: The pool has 1 examples for it that agree with it in `kind`")
  })
)
