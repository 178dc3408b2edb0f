import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import type { ScoreInput } from "spillway/benchmark/Scorer"
import type { GenerateRequest } from "spillway/request/GenerateRequest"
import * as Judge from "spillway/scorer/Judge"
import * as JudgeRubric from "spillway/scorer/JudgeRubric"
import { answer } from "../benchmark/responses.ts"

const rubric = JudgeRubric.make({
  ...{ name: "helpful", version: 3, criteria: "It helps.", maxAnswer: 100 },
  grades: [
    { name: "good", value: 1, meaning: "It helps." },
    { name: "bad", value: 0, meaning: "It does not." }
  ]
})
const request = { model: "gpt-6-luna", reasoningEffort: "low", maxOutputTokens: 300 }

interface Item {
  readonly topic: string
}

const input = (more: Partial<ScoreInput<Item, string>> = {}): ScoreInput<Item, string> => ({
  ...{ item: { topic: "ice" }, target: "less dense", text: "It floats.", answer: "It floats." },
  ...{ response: answer("It floats."), turns: [] },
  messages: [
    { role: "system", text: "Be brief." },
    { role: "user", text: "Why does ice float?" }
  ],
  ...more
})

const material = (made: Result.Result<GenerateRequest, string>): string => {
  const { messages } = Result.getOrThrow(made).body
  return Array.isArray(messages) ? String(Object(messages.at(-1)).content) : ""
}

describe("a model as judge", () => {
  it("is asked with its own model, bound and effort, and has the rubric's identity", () => {
    const judge = Judge.make({ rubric, request })
    assert.deepInclude(judge, { name: "helpful", version: 3, model: "gpt-6-luna" })
    const { body, endpoint } = Result.getOrThrow(judge.request(input()))
    assert.strictEqual(endpoint, "chat")
    assert.deepInclude(body, {
      model: "gpt-6-luna",
      reasoning_effort: "low",
      max_completion_tokens: 300
    })
    assert.deepInclude(judge.probe.body, { model: "gpt-6-luna", reasoning_effort: "low" })
    assert.deepNestedInclude(body, { "response_format.json_schema.name": "verdict" })
  })

  it("sees the first prompt without its system message, the target and the answer", () => {
    assert.strictEqual(
      material(Judge.make({ rubric, request }).request(input())),
      '<question>"Why does ice float?"</question>\n<reference>"less dense"</reference>\n<answer>"It floats."</answer>'
    )
  })

  it("sees whose each of several messages is", () => {
    const messages = [
      { role: "user", text: "Why?" },
      { role: "assistant", text: "Why what?" },
      { role: "user", text: "Ice." }
    ]
    assert.include(
      material(Judge.make({ rubric, request }).request(input({ messages }))),
      '<question>"user: Why?\\n\\nassistant: Why what?\\n\\nuser: Ice."</question>'
    )
  })

  it("sees what the benchmark shows it instead, and no reference where that is said", () => {
    const judge = Judge.make<Item, string>({
      ...{ rubric, request, reference: false },
      question: ({ item }) => `about ${item.topic}`,
      answer: ({ answer }) => answer.toUpperCase()
    })
    assert.strictEqual(
      material(judge.request(input())),
      '<question>"about ice"</question>\n<answer>"IT FLOATS."</answer>'
    )
  })

  it("cannot be asked where a function throws or gives no text, or the answer is too long, and says why", () => {
    const throwing = Judge.make({
      ...{ rubric, request },
      question: () => {
        throw new TypeError("no topic")
      }
    })
    assert.deepStrictEqual(
      throwing.request(input()),
      Result.fail("a function of the judge threw TypeError: no topic")
    )
    const nothing = Judge.make({ rubric, request, answer: () => 4 as unknown as string })
    assert.deepStrictEqual(
      nothing.request(input()),
      Result.fail("the judge's `answer` function gave no text")
    )
    const long = Judge.make({ rubric, request }).request(input({ text: "a".repeat(101) }))
    assert.deepStrictEqual(
      long,
      Result.fail("101 characters are more than the 100 that are judged")
    )
  })

  it("without a model is refused where it is defined", () => {
    assert.throws(() => Judge.make({ rubric, request: { model: " " } }), /names no model to grade/)
  })
})
