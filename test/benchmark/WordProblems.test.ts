import { readFileSync } from "node:fs"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as LastNumber from "spillway/benchmark/LastNumber"
import * as Samples from "spillway/benchmark/Samples"
import gsm8k from "../../examples/03-gsm8k.ts"
import { jsonl, problems, templates } from "../../examples/data/generate-word-problems.ts"

const sample = new URL("../../examples/data/word-problems.jsonl", import.meta.url)

/** The operators of one calculation, by precedence. */
const evaluate = (expression: string): number => {
  const sum = expression.split(/(?<=\d)(?=[+-])/).map((term) => {
    const [first = "", ...rest] = term.split(/(?=[*/])/)
    return rest.reduce(
      (value, part) =>
        part.startsWith("*") ? value * Number(part.slice(1)) : value / Number(part.slice(1)),
      Number(first)
    )
  })
  return sum.reduce((total, value) => total + value, 0)
}

const calculations = (answer: string) =>
  [...answer.matchAll(/<<([^=]+)=([^>]+)>>(-?[\d.]+)/g)].map(
    ([, expression = "", value, shown]) => ({
      expression,
      value: Number(value),
      shown: Number(shown?.replace(/\.$/, ""))
    })
  )

describe("the sample of word problems", () => {
  const all = problems(2026, 240)

  it("is what the generator writes for its seed", () => {
    assert.strictEqual(readFileSync(sample, "utf8"), jsonl())
  })

  it("is another one for another seed", () => {
    assert.notDeepEqual(problems(1, 20), problems(2, 20))
  })

  it("has at least 200 different problems of at least 12 kinds", () => {
    assert.isAtLeast(new Set(all.map(({ question }) => question)).size, 200)
    assert.isAtLeast(templates.length, 12)
  })

  it("calculates every step right, and ends with its last result", () => {
    for (const { question, answer } of all) {
      const steps = calculations(answer)
      assert.isAtLeast(steps.length, 2, question)
      for (const { expression, value, shown } of steps) {
        assert.closeTo(evaluate(expression), value, 1e-9, `${expression} in ${question}`)
        assert.strictEqual(shown, value)
      }
      const final = Number(answer.split("#### ")[1])
      assert.strictEqual(final, steps.at(-1)?.value, question)
      assert.isTrue(Number.isInteger(final) && final > 0, `${final} for ${question}`)
    }
  })

  it("asks for nothing that its question does not hold: every first operand is in it", () => {
    for (const { question, answer } of all) {
      const [first] = calculations(answer)
      const operand = first?.expression.split(/[-+*/]/)[0] ?? "?"
      assert.match(question, new RegExp(`(?<!\\d)${operand}(?!\\d)`), question)
    }
  })
})

describe("the example benchmark", () => {
  it.live("reads the sample and finds a numeric target for every problem", () =>
    Effect.gen(function* () {
      const samples = yield* Stream.runCollect(Samples.samples(gsm8k))
      assert.strictEqual(samples.length, 240)
      assert.strictEqual(new Set(samples.map(({ id }) => id)).size, 240)
      for (const { target } of samples) assert.strictEqual(LastNumber.find(target), target)
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )
})
