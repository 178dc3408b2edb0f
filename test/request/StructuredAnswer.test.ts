import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as StructuredAnswer from "spillway/request/StructuredAnswer"

const Verdict = Schema.Struct({
  label: Schema.Literals(["yes", "no"]),
  score: Schema.Int,
  why: Schema.optionalKey(Schema.String)
})

describe("StructuredAnswer", () => {
  const answer = StructuredAnswer.make("verdict", Verdict)

  it("puts the strict schema where each endpoint takes it", () => {
    const parts = { model: "m", prompt: "?" }
    const format = { name: "verdict", schema: answer.jsonSchema, strict: true }
    const chat = answer.request(parts)
    assert.deepStrictEqual(chat.body.response_format, { type: "json_schema", json_schema: format })
    const responses = answer.request({ ...parts, endpoint: "responses" })
    assert.deepStrictEqual(responses.body.text, { format: { type: "json_schema", ...format } })
    assert.strictEqual(answer.jsonSchema.additionalProperties, false)
    assert.deepStrictEqual(answer.jsonSchema.required, ["label", "score", "why"])
  })

  it("decodes what the strict form makes of an optional field", () => {
    assert.deepStrictEqual(
      answer.decode({ text: '{"label":"yes","score":3,"why":null}' }),
      Result.succeed({ label: "yes", score: 3 })
    )
  })

  const off: ReadonlyArray<readonly [string, string]> = [
    ["an empty text", ""],
    ["prose", "I think so."],
    ["JSON that is cut off", '{"label":"yes","sc'],
    ["a value of another shape", '{"label":"maybe","score":3,"why":null}'],
    ["a missing field", '{"label":"yes"}']
  ]
  for (const [name, text] of off) {
    it(`calls ${name} off-schema and says what is wrong`, () => {
      const result = answer.decode({ text })
      assert.isTrue(Result.isFailure(result))
      if (Result.isFailure(result)) {
        assert.strictEqual(result.failure.reason, "off-schema")
        assert.isNotEmpty(result.failure.problem)
      }
    })
  }

  const roots = [
    ["a text", StructuredAnswer.make("s", Schema.String), "x"],
    ["a list", StructuredAnswer.make("l", Schema.Array(Schema.Int)), [1, 2]],
    [
      "a union of objects",
      StructuredAnswer.make(
        "u",
        Schema.Union([Schema.Struct({ a: Schema.Int }), Schema.Struct({ b: Schema.String })])
      ),
      { b: "x" }
    ]
  ] as const
  for (const [name, wrapped, value] of roots) {
    it(`wraps ${name}, which cannot stand at the root, and unwraps it again`, () => {
      assert.strictEqual(wrapped.jsonSchema.type, "object")
      assert.deepStrictEqual(wrapped.jsonSchema.required, ["value"])
      const result: Result.Result<unknown, unknown> = wrapped.decode({
        text: JSON.stringify({ value })
      })
      assert.deepStrictEqual(result, Result.succeed(value))
    })
  }

  it("calls an answer off-schema that the schema's own code throws on", () => {
    const Throwing = Schema.String.check(
      Schema.makeFilter(() => {
        throw new RangeError("boom")
      })
    )
    const decoded = StructuredAnswer.make("answer", Schema.Struct({ text: Throwing })).decode({
      text: '{"text":"x"}'
    })
    const failure = Result.getOrThrow(Result.flip(decoded))
    assert.strictEqual(failure.reason, "off-schema")
    assert.match(failure.problem, /^The schema's own code threw \w*Error\.$/)
  })

  it("takes classes and what their fields decode to", () => {
    class Point extends Schema.Class<Point>("Point")({ x: Schema.FiniteFromString }) {}
    const point = StructuredAnswer.make("point", Point).decode({ text: '{"x":"1.5"}' })
    assert.deepStrictEqual(point, Result.succeed(new Point({ x: 1.5 })))
  })
})
