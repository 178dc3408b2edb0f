/**
 * The simulator's answers against OpenAI's own API description, which is not part of this project: set SPILLWAY_OPENAPI
 * to the path of its `openapi.yaml`. Without it these tests are skipped.
 */
import { readFileSync } from "node:fs"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Ajv2020, type AnySchemaObject, type ValidateFunction } from "ajv/dist/2020.js"
import formats from "ajv-formats"
import { Result } from "effect"
import { parse } from "spillway/simulator/FaultSyntax"
import { refusal, type SimulatedAnswer } from "spillway/simulator/Responder"
import * as Simulator from "spillway/simulator/Simulator"
import { parse as parseYaml } from "yaml"
import { chatLines, HOUR, hourly } from "./batch/account.ts"
import { eventsOf, jsonOf, post } from "./requests.ts"

const path = process.env.SPILLWAY_OPENAPI

/** The description is of version 3.1 and still says `nullable`, which that version does not have: as it is meant. */
const withNull = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withNull)
  if (typeof value !== "object" || value === null) return value
  const mapped = Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, withNull(each)])
  )
  if (mapped.nullable !== true) return mapped
  const { nullable: _, ...schema } = mapped
  return { anyOf: [schema, { type: "null" }] }
}

/** Fields that are there: the provider says `null` for what a batch has not reached, the description does not. */
// biome-ignore lint/suspicious/noExplicitAny: whatever shape it had
const known = (value: any): any => {
  if (Array.isArray(value)) return value.map(known)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, each]) => each !== null || name === "line" || name === "param")
      .map(([name, each]) => [name, known(each)])
  )
}

const tools = [
  {
    name: "weather",
    description: "The weather of a place",
    strict: true,
    parameters: {
      type: "object",
      properties: { place: { type: "string" }, days: { type: ["integer", "null"] } },
      required: ["place", "days"],
      additionalProperties: false
    }
  }
]
const schema = {
  type: "object",
  properties: { colour: { type: "string", enum: ["red", "blue"] } },
  required: ["colour"],
  additionalProperties: false
}

const chat = (more: object) => ({
  model: "gpt-5.4-mini",
  messages: [{ role: "user", content: "What is there to say?" }],
  ...more
})
const chatTools = tools.map((tool) => ({ type: "function", function: tool }))
const chats = {
  "a text": chat({}),
  "several choices": chat({ n: 3 }),
  "a reasoned text": chat({ reasoning_effort: "low" }),
  "a cut text": chat({ max_completion_tokens: 2 }),
  "a call of a tool": chat({ tools: chatTools, tool_choice: "required" }),
  "a value for a schema": chat({
    response_format: { type: "json_schema", json_schema: { name: "c", strict: true, schema } }
  })
}

const response = (more: object) => ({
  model: "gpt-5.4-mini",
  input: "What is there to say?",
  ...more
})
const responseTools = tools.map((tool) => ({ type: "function", ...tool }))
const responses = {
  "a text": response({ instructions: "Be brief.", metadata: { run: "1" }, user: "u" }),
  "a reasoned text": response({ reasoning: { effort: "low" } }),
  "a cut text": response({ max_output_tokens: 2 }),
  "nothing but reasoning": response({ reasoning: { effort: "high" }, max_output_tokens: 16 }),
  "a call of a tool": response({ tools: responseTools, tool_choice: "required" }),
  "a call of a named tool": response({
    tools: responseTools,
    tool_choice: { type: "function", name: "weather" }
  }),
  "a value for a schema": response({
    text: { format: { type: "json_schema", name: "c", strict: true, schema } }
  })
}

const odd: Readonly<Record<string, SimulatedAnswer>> = {
  "a refusal": refusal(),
  "a filtered text": { _tag: "Filtered", text: "Half of" }
}

describe.skipIf(path === undefined)(
  "answers, by OpenAI's API description (SPILLWAY_OPENAPI)",
  () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true })
    const compiled = new Map<string, ValidateFunction>()

    beforeAll(() => {
      formats.default(ajv)
      ajv.addFormat("unixtime", true)
      const description = withNull(parseYaml(readFileSync(path ?? "", "utf8")))
      ajv.addSchema(description as AnySchemaObject, "openai")
    }, 60_000)

    const check = (name: string, value: unknown) => {
      const known = compiled.get(name)
      const valid = known ?? ajv.compile({ $ref: `openai#/components/schemas/${name}` })
      compiled.set(name, valid)
      assert.isTrue(
        valid(value),
        `${ajv.errorsText(valid.errors)}\n${JSON.stringify(value, null, 1)}`
      )
    }
    const answer = (path: string, body: object, options: Simulator.SimulatorOptions = {}) =>
      Simulator.make(options).handle(post(path, body), 1_790_000_000_000)
    const streamed = (path: string, body: object, options: Simulator.SimulatorOptions = {}) =>
      eventsOf(answer(path, { ...body, stream: true }, options))

    it("knows a wrong answer when it sees one", () => {
      assert.throws(() => check("CreateChatCompletionResponse", { id: "x" }))
      assert.throws(() => check("Response", { id: "x", object: "response" }))
    })

    it.each(Object.entries(chats))("chat: %s", (_, body) => {
      check("CreateChatCompletionResponse", jsonOf(answer("/chat/completions", body)))
      const usage = { stream_options: { include_usage: true } }
      for (const more of [{}, usage]) {
        for (const event of streamed("/chat/completions", { ...body, ...more })) {
          check("CreateChatCompletionStreamResponse", event)
        }
      }
    })

    it.each(Object.entries(responses))("responses: %s", (_, body) => {
      check("Response", jsonOf(answer("/responses", body)))
      for (const event of streamed("/responses", body)) check("ResponseStreamEvent", event)
    })

    it.each(Object.entries(odd))("%s, by both endpoints", (_, said) => {
      const options = { responder: () => said }
      check("CreateChatCompletionResponse", jsonOf(answer("/chat/completions", chat({}), options)))
      check("Response", jsonOf(answer("/responses", response({}), options)))
      for (const event of streamed("/chat/completions", chat({}), options)) {
        check("CreateChatCompletionStreamResponse", event)
      }
      for (const event of streamed("/responses", response({}), options)) {
        check("ResponseStreamEvent", event)
      }
    })

    it("a failed response", () => {
      const options = { faults: Result.getOrThrow(parse("failed=100%")) }
      check("Response", jsonOf(answer("/responses", response({}), options)))
      for (const event of streamed("/responses", response({}), options)) {
        check("ResponseStreamEvent", event)
      }
    })

    it("embeddings", () => {
      const body = { model: "text-embedding-3-small", input: ["one", "two"] }
      check("CreateEmbeddingResponse", jsonOf(answer("/embeddings", body)))
    })

    it("files, batches, and their lists", () => {
      const { batch, call, submit } = hourly({ faults: "batch_line=20%" })
      const { id } = submit(chatLines(20), 0, { metadata: { run: "1" } })
      const broken = submit(["no JSON"], 0)
      check("Batch", known(batch(id, 0)))
      check("Batch", known(batch(id, 30 * 60_000)))
      const done = known(batch(id, 2 * HOUR))
      check("Batch", done)
      check("Batch", known(batch(broken.id, HOUR)))
      check("ListBatchesResponse", known(call("GET", "/batches", 2 * HOUR)))
      check("OpenAIFile", call("GET", `/files/${done.output_file_id}`, 2 * HOUR))
      check("ListFilesResponse", call("GET", "/files", 2 * HOUR))
      check("DeleteFileResponse", call("DELETE", `/files/${done.error_file_id}`, 2 * HOUR))
      check("ErrorResponse", call("GET", "/batches/none", 0))
      check("ErrorResponse", call("GET", "/files/none", 0))
    })

    it("models", () => {
      const get = (path: string) =>
        jsonOf(Simulator.make().handle({ method: "GET", path, body: undefined }, 0))
      check("ListModelsResponse", get("/models"))
      check("Model", get("/models/gpt-4o-mini"))
    })

    it("errors", () => {
      for (const kind of ["500", "503", "408", "409", "429", "slow_down"]) {
        const options = { faults: Result.getOrThrow(parse(`${kind}=100%`)) }
        check("ErrorResponse", jsonOf(answer("/chat/completions", chat({}), options)))
      }
      check("ErrorResponse", jsonOf(answer("/chat/completions", {})))
      check("ErrorResponse", jsonOf(answer("/chat/completions", chat({ model: "none" }))))
      const spent = { faults: Result.getOrThrow(parse("billing@0")) }
      check("ErrorResponse", jsonOf(answer("/chat/completions", chat({}), spent)))
    })
  }
)
