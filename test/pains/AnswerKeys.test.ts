/** A cache that takes one answer for another (lm-evaluation-harness#4063). */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Dataset from "spillway/benchmark/Dataset"
import type { RequestParts } from "spillway/request/GenerateRequest"
import { answer } from "spillway/testing"
import { execute, questions } from "./questions.ts"
import * as Stack from "./Stack.ts"

describe("pain 34: the cache ignores the model", () => {
  const one = { dataset: Dataset.array(["question 0"]) }
  const schema = { type: "object", properties: {}, required: [], additionalProperties: false }
  const tool = { name: "look", parameters: schema }
  const shaping: Readonly<Record<string, Partial<RequestParts>>> = {
    "another model": { model: "gpt-4.1-mini" },
    "its dated name": { model: "gpt-4o-mini-2024-07-18" },
    "the other endpoint": { endpoint: "responses" },
    "a temperature": { temperature: 0.5 },
    "temperature 0": { temperature: 0 },
    top_p: { topP: 0.5 },
    "another output bound": { maxOutputTokens: 51 },
    "a system message": { system: "Be brief." },
    "an effort": { model: "gpt-5.4-mini", reasoningEffort: "low" },
    "another effort": { model: "gpt-5.4-mini", reasoningEffort: "high" },
    tools: { tools: [tool] },
    "a described tool": { tools: [{ ...tool, description: "Looks." }] },
    "a schema": { jsonSchema: { name: "a", schema } },
    "a schema by another name": { jsonSchema: { name: "b", schema } },
    "a seed": { extra: { seed: 1 } },
    "another seed": { extra: { seed: 2 } },
    "stop words": { extra: { stop: ["."] } },
    "a penalty": { extra: { presence_penalty: 1 } },
    "a bias": { extra: { logit_bias: { "1": -100 } } },
    verbosity: { extra: { verbosity: "low" } }
  }
  const neutral: Readonly<Record<string, Partial<RequestParts>>> = {
    "a tier": { extra: { service_tier: "flex" } },
    "a user": { extra: { user: "u" } },
    metadata: { extra: { metadata: { run: "1" } } },
    "a cache key": { extra: { prompt_cache_key: "k" } }
  }

  it.effect("pain 34: whatever shapes an answer asks for another one, and nothing else does", () =>
    Stack.virtually(
      Stack.scripted(() => answer("yes")),
      Effect.gen(function* () {
        const sent = (more: Partial<RequestParts>) => {
          const request = { model: Stack.MODEL, maxOutputTokens: 50, ...more }
          return Effect.map(
            execute(questions({ ...one, request })),
            ({ requests }) => requests.sent
          )
        }
        assert.strictEqual(yield* sent({}), 1)
        for (const [name, parts] of Object.entries(shaping)) {
          assert.strictEqual(yield* sent(parts), 1, `${name} is another request`)
          assert.strictEqual(yield* sent(parts), 0, `${name} is kept`)
        }
        for (const [name, parts] of Object.entries(neutral)) {
          assert.strictEqual(yield* sent(parts), 0, `${name} is no other request`)
        }
        assert.strictEqual(yield* sent({}), 0)
        // The words of the prompt, and which of its repeats it is.
        const shouted = questions({ ...one, prompt: (question) => question.toUpperCase() })
        assert.strictEqual((yield* execute(shouted)).requests.sent, 1)
        assert.strictEqual((yield* execute(questions(one), { repeats: 3 })).requests.sent, 2)
      })
    )
  )
})
