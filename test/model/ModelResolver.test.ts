import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { catalogData } from "spillway/model/catalogData"
import * as ModelIndex from "spillway/model/ModelIndex"
import * as ModelResolver from "spillway/model/ModelResolver"
import * as GenerateRequest from "spillway/request/GenerateRequest"

const index = ModelIndex.make(catalogData)
const day = (date: string): number => Date.parse(`${date}T00:00:00Z`)
const today = day("2026-11-22")

const resolve = (
  request: GenerateRequest.GenerateRequest,
  options: { readonly priced?: boolean; readonly now?: number } = {}
) => ModelResolver.resolve(index, request, { now: today, priced: false, ...options })

const accepted = (
  request: GenerateRequest.GenerateRequest,
  options?: { readonly priced?: boolean; readonly now?: number }
) => Result.getOrThrow(resolve(request, options))

const refused = (
  request: GenerateRequest.GenerateRequest,
  options?: { readonly priced?: boolean; readonly now?: number }
) => {
  const result = resolve(request, options)
  if (Result.isSuccess(result)) return assert.fail("It was accepted.")
  return result.failure
}

const ask = (model: string, extra: GenerateRequest.JsonObject = {}) =>
  GenerateRequest.make({ model, prompt: "Hello", extra })
const respond = (model: string, extra: GenerateRequest.JsonObject = {}) =>
  GenerateRequest.make({ model, endpoint: "responses", prompt: "Hello", extra })

describe("A resolved request", () => {
  it("always has an output bound, in the field of its endpoint", () => {
    const chat = accepted(ask("gpt-4o"))
    assert.deepInclude(chat.request, { model: "gpt-4o", maxOutputTokens: 2_048 })
    assert.strictEqual(chat.request.body.max_completion_tokens, 2_048)
    const responses = accepted(respond("gpt-6-luna"))
    assert.strictEqual(responses.request.maxOutputTokens, 8_192)
    assert.strictEqual(responses.request.body.max_output_tokens, 8_192)
  })

  it("keeps the caller's own bound, and the very body where nothing is missing", () => {
    const request = ask("gpt-4o", { max_completion_tokens: 77 })
    const { request: resolved } = accepted(request)
    assert.strictEqual(resolved.maxOutputTokens, 77)
    assert.strictEqual(resolved.body, request.body)
  })

  it("keeps the deprecated max_tokens, under its new name where the model needs that", () => {
    const plain = accepted(ask("gpt-4o", { max_tokens: 9 })).request
    assert.deepInclude(plain, { maxOutputTokens: 9 })
    assert.isUndefined(plain.body.max_completion_tokens)
    const reasoning = accepted(ask("gpt-5", { max_tokens: 9 })).request
    assert.isUndefined(reasoning.body.max_tokens)
    assert.strictEqual(reasoning.body.max_completion_tokens, 9)
  })

  it("asks the Responses endpoint not to store, unless told to", () => {
    assert.strictEqual(accepted(respond("gpt-4o")).request.body.store, false)
    assert.strictEqual(accepted(respond("gpt-4o", { store: true })).request.body.store, true)
    assert.isUndefined(accepted(ask("gpt-4o")).request.body.store)
  })

  it("leaves embeddings as they are, bounded by nothing", () => {
    const request = GenerateRequest.embed({ model: "text-embedding-3-small", input: ["a", "b"] })
    const { request: resolved } = accepted(request, { priced: true })
    assert.strictEqual(resolved.maxOutputTokens, 0)
    assert.strictEqual(resolved.body, request.body)
  })
})

describe("Names of models", () => {
  it("find a dated snapshot's model", () => {
    for (const [name, id] of [
      ["gpt-4o-2024-08-06", "gpt-4o"],
      ["gpt-4o-mini-2024-07-18", "gpt-4o-mini"],
      ["gpt-5.4-2026-03-05", "gpt-5.4"],
      ["gpt-3.5-turbo-0125", "gpt-3.5-turbo"],
      ["gpt-4-1106-preview", "gpt-4"]
    ] as const) {
      assert.strictEqual(index.entry(name)?.model.id, id, name)
    }
  })

  it("prefer an entry of their own to the model of which they are a snapshot", () => {
    assert.strictEqual(index.entry("gpt-4o-2024-05-13")?.model.price?.input, 5)
  })

  it("find a tuned model's abilities and quota, but no price", () => {
    const name = "ft:gpt-4o-mini-2024-07-18:acme::Ab12"
    const { model, warnings, request } = accepted(ask(name, { temperature: 0 }))
    assert.deepInclude(model, { id: name, family: "gpt-4o-mini", maxOutputTokens: 16_384 })
    assert.isUndefined(model?.price)
    assert.include(warnings.join(), "no price")
    assert.strictEqual(request.model, name)
    assert.include(refused(ask(name), { priced: true }).message, "price is not known")
  })

  it("do not find what only looks alike", () => {
    for (const name of ["gpt-4o-turbo", "my-gpt-4o", "ft:", "ft:nothing:a", "gpt-4o-20240806"]) {
      assert.isUndefined(index.entry(name), name)
    }
  })

  it("of unknown models pass with a warning, but not under a budget", () => {
    const { model, warnings, request } = accepted(ask("llama-9"))
    assert.isUndefined(model)
    assert.strictEqual(request.maxOutputTokens, 2_048)
    assert.include(warnings.join(), "does not know llama-9")
    const refusal = refused(ask("llama-9"), { priced: true })
    assert.strictEqual(refusal.field, "model")
    assert.include(refusal.message, "budget")
  })
})

describe("Refused before anything is paid", () => {
  it("a request without a model", () => {
    assert.strictEqual(
      refused(GenerateRequest.fromBody("chat", { messages: [{ role: "user", content: "a" }] }))
        .field,
      "model"
    )
  })

  it("a retired model, with the day", () => {
    assert.include(refused(ask("gpt-4-turbo")).message, "retired on 2026-10-23")
    assert.include(refused(ask("gpt-3.5-turbo-0125")).message, "retired on 2026-10-23")
    assert.include(refused(ask("gpt-5"), { now: day("2026-12-11") }).message, "2026-12-11")
    assert.strictEqual(accepted(ask("gpt-5"), { now: day("2026-12-11") - 1 }).model?.id, "gpt-5")
  })

  it("a temperature on a model that always reasons (pain 38)", () => {
    for (const model of ["gpt-6-astra", "gpt-6.1-sol", "gpt-5", "gpt-5-mini", "o3"]) {
      const refusal = refused(ask(model, { temperature: 0 }))
      assert.strictEqual(refusal.field, "temperature")
      assert.include(refusal.message, model)
      assert.include(refusal.message, "high")
    }
  })

  it("a temperature, top_p or logprobs without effort none, where the model has that", () => {
    for (const extra of [
      { temperature: 0.5 },
      { top_p: 0.9 },
      { logprobs: true },
      { top_logprobs: 3 }
    ]) {
      const refusal = refused(ask("gpt-6-luna", extra))
      assert.strictEqual(refusal.field, Object.keys(extra)[0])
      assert.include(refusal.fix, "reasoning_effort to none")
      assert.isDefined(accepted(ask("gpt-6-luna", { ...extra, reasoning_effort: "none" })))
      assert.isDefined(accepted(ask("gpt-4o", extra)))
    }
    assert.include(
      refused(respond("gpt-5.6-sol", { temperature: 1, reasoning: { effort: "low" } })).message,
      "here it is low"
    )
    assert.isDefined(
      accepted(respond("gpt-5.6-sol", { temperature: 1, reasoning: { effort: "none" } }))
    )
  })

  it("an effort that the model does not have", () => {
    assert.include(
      refused(ask("gpt-5", { reasoning_effort: "none" })).fix,
      "minimal, low, medium, high"
    )
    assert.include(refused(ask("gpt-4o", { reasoning_effort: "low" })).message, "does not reason")
    assert.strictEqual(
      refused(respond("gpt-6-sol", { reasoning: { effort: "huge" } })).field,
      "reasoning.effort"
    )
    assert.isDefined(accepted(ask("gpt-4o", { reasoning_effort: null })))
  })

  it("an endpoint that the model does not serve", () => {
    assert.include(refused(ask("gpt-5-pro")).fix, "responses")
    assert.include(refused(ask("text-embedding-3-small")).fix, "embeddings")
    assert.include(refused(GenerateRequest.embed({ model: "gpt-4o", input: "a" })).fix, "chat")
  })

  it("a bound that is none, or above the model's", () => {
    for (const bad of [0, -1, 1.5, "100", true]) {
      assert.strictEqual(
        refused(ask("gpt-4o", { max_completion_tokens: bad })).field,
        "max_completion_tokens"
      )
    }
    assert.include(refused(ask("gpt-4o", { max_completion_tokens: 16_385 })).message, "16384")
    assert.isDefined(accepted(ask("gpt-4o", { max_completion_tokens: 16_384 })))
    assert.strictEqual(refused(ask("gpt-4o", { max_tokens: 20_000 })).field, "max_tokens")
    assert.include(
      refused(ask("gpt-4o", { max_tokens: 2, max_completion_tokens: 2 })).message,
      "replaces it"
    )
    assert.strictEqual(
      refused(respond("gpt-4o", { max_output_tokens: 0 })).field,
      "max_output_tokens"
    )
  })

  it("a temperature or top_p outside its range", () => {
    assert.include(refused(ask("gpt-4o", { temperature: 2.1 })).message, "0 to 2")
    assert.strictEqual(refused(ask("llama-9", { temperature: "hot" })).field, "temperature")
    assert.strictEqual(refused(ask("gpt-4o", { top_p: -0.1 })).field, "top_p")
    assert.isDefined(accepted(ask("gpt-4o", { temperature: 2, top_p: 1 })))
    assert.isDefined(accepted(ask("gpt-5", { temperature: null })))
  })

  it("several samples in one request", () => {
    assert.include(refused(ask("gpt-4o", { n: 2 })).fix, "--repeats")
    assert.isDefined(accepted(ask("gpt-4o", { n: 1 })))
  })

  it("a request with nothing in it", () => {
    assert.strictEqual(
      refused(GenerateRequest.fromBody("chat", { model: "gpt-4o", messages: [] })).field,
      "messages"
    )
    assert.strictEqual(
      refused(GenerateRequest.fromBody("responses", { model: "gpt-4o", input: "" })).field,
      "input"
    )
    assert.isDefined(
      accepted(GenerateRequest.fromBody("responses", { model: "gpt-4o", prompt: { id: "p" } }))
    )
    assert.strictEqual(
      refused(GenerateRequest.embed({ model: "text-embedding-3-small", input: ["a", ""] })).field,
      "input[1]"
    )
    assert.include(
      refused(
        GenerateRequest.embed({ model: "text-embedding-3-small", input: Array(2_049).fill("a") })
      ).message,
      "2049 texts"
    )
  })
})

describe("Warnings", () => {
  it("tell of a retirement within sixty days, and not earlier", () => {
    assert.include(accepted(ask("gpt-4o")).warnings.join(), "retired on 2027-01-14")
    assert.deepStrictEqual(accepted(ask("gpt-4o"), { now: day("2026-11-14") }).warnings, [])
    assert.deepStrictEqual(accepted(ask("gpt-6-luna")).warnings, [])
  })
})

describe("The catalogue's own data", () => {
  it("names every model once", () => {
    const ids = catalogData.map(({ id }) => id)
    assert.strictEqual(new Set(ids).size, ids.length)
  })

  it("gives every model that is still served a price of a stated day", () => {
    for (const { id, price, retires } of catalogData) {
      if (retires === "2026-10-23") assert.isUndefined(price, id)
      else assert.match(price?.asOf ?? "", /^\d{4}-\d{2}-\d{2}$/, id)
    }
  })

  it("has the effort none exactly where a temperature can be had by it", () => {
    for (const { id, temperature, efforts } of catalogData) {
      assert.strictEqual(efforts.includes("none"), temperature === "effort-none", id)
    }
  })
})
