import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { parse } from "spillway/simulator/FaultSyntax"
import * as Simulator from "spillway/simulator/Simulator"
import { chat, eventsOf, jsonOf, post, replyOf, textOf } from "./requests.ts"

const faults = (text: string) => Result.getOrThrow(parse(text))
const long = (words: number) => Array.from({ length: words }, (_, i) => `word${i % 97}`).join(" ")

interface Chunk {
  readonly choices: ReadonlyArray<{ readonly delta: { readonly content?: string } }>
}

/** The text of each question's answer, asked in the given order. */
const answers = (seed: number, order: ReadonlyArray<number>): ReadonlyMap<number, string> => {
  const simulator = Simulator.make({ seed })
  return new Map(
    order.map((n) => {
      const body = jsonOf(simulator.handle(chat(`Question ${n}`), n))
      return [n, String(body.choices[0].message.content)]
    })
  )
}

describe("the simulated provider", () => {
  it("repeats itself to the byte for the same seed, requests and times", () => {
    const run = () => {
      const simulator = Simulator.make({ seed: 5, faults: faults("5xx=20%,truncated=10%,html=5%") })
      return Array.from({ length: 200 }, (_, i) => simulator.handle(chat(`Item ${i}`), i * 50))
    }
    assert.deepStrictEqual(run(), run())
  })

  it("gives the same answers in any order of arrival, and others for another seed", () => {
    const order = Array.from({ length: 50 }, (_, i) => i)
    const forward = answers(1, order)
    const backward = answers(1, [...order].reverse())
    for (const n of order) assert.strictEqual(forward.get(n), backward.get(n))
    const other = answers(2, order)
    assert.isAbove(order.filter((n) => forward.get(n) !== other.get(n)).length, 45)
  })

  it("strikes the same requests with the same faults in any order of arrival", () => {
    const struck = (order: ReadonlyArray<number>) => {
      const simulator = Simulator.make({ faults: faults("500=30%") })
      return order
        .filter((n) => replyOf(simulator.handle(chat(`Item ${n}`), 0)).status === 500)
        .sort((a, b) => a - b)
    }
    const order = Array.from({ length: 200 }, (_, i) => i)
    const first = struck(order)
    assert.deepStrictEqual(first, struck([...order].reverse()))
    assert.closeTo(first.length, 60, 20)
  })

  it("answers a repeated request anew, but alike at temperature 0", () => {
    const simulator = Simulator.make()
    const say = (more: object) =>
      jsonOf(simulator.handle(chat("Once more", more), 0)).choices[0].message.content
    assert.notStrictEqual(say({}), say({}))
    assert.strictEqual(say({ temperature: 0 }), say({ temperature: 0 }))
  })

  it("gives every choice of one request its own text", () => {
    const { choices } = jsonOf(Simulator.make().handle(chat("Several", { n: 3 }), 0))
    const texts = choices.map((choice: { message: { content: string } }) => choice.message.content)
    assert.strictEqual(new Set(texts).size, 3)
  })

  it("marks every answer as simulated, with its seed", () => {
    const simulator = Simulator.make({ seed: 9, faults: faults("html=50%,500=50%") })
    for (let i = 0; i < 20; i++) {
      const { headers } = replyOf(simulator.handle(chat(`Item ${i}`), 0))
      assert.strictEqual(headers["x-spillway-simulated"], "seed=9")
    }
  })

  it("says of a token limit what OpenAI says, with hints in the headers", () => {
    const limits = { requestsPerMinute: 500, tokensPerMinute: 200_000 }
    const simulator = Simulator.make({ limits })
    for (const tokens of [100_000, 99_000].map((n) => n / 10).flatMap((n) => Array(10).fill(n))) {
      simulator.handle(chat("x", { max_completion_tokens: tokens }), 0)
    }
    const plan = simulator.handle(chat("x", { max_completion_tokens: 4_000 }), 0)
    const { status, headers } = replyOf(plan)
    assert.strictEqual(status, 429)
    assert.deepStrictEqual(jsonOf(plan), {
      error: {
        message:
          "Rate limit reached for gpt-4o-mini in organization org-spillway-simulated on tokens per min (TPM): Limit 200000, Used 199000, Requested 4000. Please try again in 900ms. Visit https://platform.openai.com/account/rate-limits to learn more.",
        type: "tokens",
        param: null,
        code: "rate_limit_exceeded"
      }
    })
    assert.strictEqual(headers["retry-after"], "1")
    assert.strictEqual(headers["retry-after-ms"], "900")
    assert.strictEqual(headers["x-ratelimit-remaining-tokens"], "1000")
  })

  it("names requests per minute and per day in their own words", () => {
    const minute = Simulator.make({ limits: { requestsPerMinute: 1, tokensPerMinute: 1_000 } })
    minute.handle(chat("x"), 0)
    assert.match(
      jsonOf(minute.handle(chat("x"), 0)).error.message,
      /requests per min \(RPM\): Limit 1, Used 1, Requested 1\. Please try again in 1m0s\./
    )
    const limits = { requestsPerMinute: 9, tokensPerMinute: 1_000, requestsPerDay: 1 }
    const day = Simulator.make({ limits })
    day.handle(chat("x"), 0)
    assert.match(
      jsonOf(day.handle(chat("x"), 0)).error.message,
      /requests per day \(RPD\): Limit 1, Used 1, Requested 1\. Please try again in 24h0m0s\./
    )
  })

  it("refuses for good a request that exceeds the limit by itself", () => {
    const simulator = Simulator.make({ limits: { requestsPerMinute: 9, tokensPerMinute: 1_000 } })
    const plan = simulator.handle(chat("x", { max_completion_tokens: 1_001 }), 0)
    assert.strictEqual(replyOf(plan).status, 429)
    assert.match(
      jsonOf(plan).error.message,
      /^Request too large .* \(TPM\): Limit 1000, Requested 1001\./
    )
    assert.isUndefined(replyOf(plan).headers["retry-after"])
  })

  it("charges the larger of the output bound and the characters of the request", () => {
    const simulator = Simulator.make({ tier: "1" })
    const left = (request: Simulator.IncomingRequest) =>
      Number(replyOf(simulator.handle(request, 0)).headers["x-ratelimit-remaining-tokens"])
    assert.strictEqual(left(chat("x".repeat(400), { max_completion_tokens: 1_000 })), 499_000)
    assert.strictEqual(left(chat("x".repeat(400), { max_completion_tokens: 10 })), 498_900)
  })

  it("gives models of one family one quota, and others their own", () => {
    const limits = { requestsPerMinute: 1, tokensPerMinute: 1_000 }
    const simulator = Simulator.make({
      limits,
      poolLimits: { "gpt-4o": { ...limits, requestsPerMinute: 7 } }
    })
    const status = (model: string) => replyOf(simulator.handle(chat("x", { model }), 0)).status
    assert.deepStrictEqual(
      [status("gpt-4o-mini"), status("gpt-4o-mini-2024-07-18"), status("gpt-5.4")],
      [200, 429, 200]
    )
    const { headers } = replyOf(simulator.handle(chat("x", { model: "gpt-4o" }), 0))
    assert.strictEqual(headers["x-ratelimit-limit-requests"], "7")
  })

  it("stops for billing after a number of requests, at a time, or at a cost", () => {
    const statuses = (text: string, step: number) => {
      const simulator = Simulator.make({ faults: faults(text) })
      return Array.from({ length: 6 }, (_, i) => {
        const plan = simulator.handle(chat(`${long(400)} ${i}`), i * step)
        return replyOf(plan).status === 429 ? jsonOf(plan).error.code : replyOf(plan).status
      })
    }
    const none = "insufficient_quota"
    assert.deepStrictEqual(statuses("billing@4", 0), [200, 200, 200, 200, none, none])
    assert.deepStrictEqual(statuses("billing@2s", 1_000), [200, 200, none, none, none, none])
    const cost = statuses("billing@$0.0002", 0)
    assert.strictEqual(cost[0], 200)
    assert.strictEqual(cost[5], none)
  })

  it("refuses a missing, an unknown and a revoked key", () => {
    const simulator = Simulator.make({ keys: ["sk-good"], faults: faults("invalid_key@1") })
    const call = (key: string) => replyOf(simulator.handle({ ...chat("x"), key }, 0)).status
    assert.deepStrictEqual(
      [call(""), call("sk-bad"), call("sk-good"), call("sk-good")],
      [401, 401, 200, 401]
    )
  })

  it("is away during an outage, and back after it", () => {
    const simulator = Simulator.make({ faults: faults("outage=1s..2s,outage_hang=3s..4s") })
    const at = (now: number) => {
      const plan = simulator.handle(chat("x"), now)
      return plan._tag === "Reply" ? plan.status : plan._tag
    }
    assert.deepStrictEqual(
      [at(0), at(1_000), at(1_999), at(2_000), at(3_500), at(4_000)],
      [200, 503, 503, 200, "Hang", 200]
    )
  })

  it("performs each fault of the list", () => {
    const one = (kind: string, request = chat("x")) =>
      Simulator.make({ faults: faults(`${kind}=100%`) }).handle(request, 0)
    assert.strictEqual(one("hang")._tag, "Hang")
    assert.deepInclude(one("drop_before"), { _tag: "Drop", processed: false })
    assert.deepInclude(one("drop_after"), { _tag: "Drop", processed: true })
    assert.match(textOf(one("html")), /^<!DOCTYPE html>/)
    assert.oneOf(replyOf(one("html")).status, [502, 520])
    for (const status of [500, 503, 408, 409, 429]) {
      assert.strictEqual(replyOf(one(String(status))).status, status)
    }
    assert.strictEqual(jsonOf(one("slow_down")).error.code, "slow_down")
    assert.throws(() => jsonOf(one("truncated")))
    assert.strictEqual(textOf(one("empty")), "")
    assert.strictEqual(replyOf(one("wrong_type")).headers["content-type"], "text/plain")
    assert.isUndefined(replyOf(one("no_headers")).headers["x-ratelimit-limit-tokens"])
    assert.notMatch(
      replyOf(one("bad_headers")).headers["x-ratelimit-limit-tokens"] ?? "",
      /^\d{1,15}$/
    )
    const failed = one("failed", post("/responses", { model: "gpt-5.4", input: "x" }))
    assert.strictEqual(jsonOf(failed).status, "failed")
    const stream = one("failed", chat("x", { stream: true }))
    assert.property(eventsOf(stream)[0], "error")
  })

  it("bills what it generated, and nothing that it refused or lost on the way", () => {
    const billed = (text: string) => {
      const simulator = Simulator.make({ faults: faults(text) })
      simulator.handle(chat("x"), 0)
      return simulator.stats().billed
    }
    for (const kind of ["drop_after", "truncated", "empty", "wrong_type"]) {
      assert.strictEqual(billed(`${kind}=100%`), 1, kind)
    }
    for (const kind of ["drop_before", "hang", "html", "500", "408", "429", "failed"]) {
      assert.strictEqual(billed(`${kind}=100%`), 0, kind)
    }
  })

  it("counts what was paid for again", () => {
    const simulator = Simulator.make()
    simulator.handle(chat("once"), 0)
    for (let i = 0; i < 3; i++) simulator.handle(chat("again"), 0)
    const { billed, contents, contentsBilledAgain } = simulator.stats()
    assert.deepStrictEqual(
      { billed, contents, contentsBilledAgain },
      { billed: 4, contents: 2, contentsBilledAgain: 1 }
    )
    assert.sameMembers(Object.values(simulator.billedContents()), [1, 3])
  })

  it("tells what there was to use of a quota, and what was used of it", () => {
    const limits = { requestsPerMinute: 60, tokensPerMinute: 6_000 }
    const simulator = Simulator.make({ limits })
    simulator.handle(chat("x", { max_completion_tokens: 3_000 }), 0)
    const used = simulator.stats(15_000).pools["gpt-4o-mini"]
    assert.deepInclude(used, { admittedRequests: 1, admittedTokens: 3_000, refilledTokens: 1_500 })
    assert.strictEqual(simulator.stats(60_000).pools["gpt-4o-mini"]?.refilledTokens, 3_000)
  })

  it("takes a request with and without streaming for the same content", () => {
    const simulator = Simulator.make()
    simulator.handle(chat("x"), 0)
    simulator.handle(chat("x", { stream: true, user: "somebody" }), 0)
    assert.sameMembers(Object.values(simulator.billedContents()), [2])
  })

  it.each([
    ["no model", { messages: [] }, 400, null],
    ["an unknown model", { model: "gpt-0", messages: [] }, 404, "model_not_found"],
    ["no messages", { model: "gpt-4o" }, 400, "missing_required_parameter"],
    [
      "a temperature where there is none",
      { model: "gpt-5", temperature: 0.2 },
      400,
      "unsupported_value"
    ],
    ["a temperature above 2", { model: "gpt-4o", temperature: 3 }, 400, "decimal_above_max_value"],
    [
      "an effort that the model lacks",
      { model: "gpt-5", reasoning_effort: "none" },
      400,
      "unsupported_value"
    ],
    [
      "an effort without reasoning",
      { model: "gpt-4o", reasoning_effort: "low" },
      400,
      "unsupported_parameter"
    ],
    [
      "a bound above the model's",
      { model: "gpt-4o", max_tokens: 10_000_000 },
      400,
      "invalid_value"
    ],
    [
      "the old bound on a reasoning model",
      { model: "gpt-5", max_tokens: 10 },
      400,
      "unsupported_parameter"
    ],
    ["a model of another endpoint", { model: "text-embedding-3-small" }, 400, "unsupported_value"]
  ])("refuses %s", (name, body, status, code) => {
    const messages = name === "no messages" ? {} : { messages: [{ role: "user", content: "x" }] }
    const plan = Simulator.make().handle(post("/chat/completions", { ...messages, ...body }), 0)
    assert.deepStrictEqual([replyOf(plan).status, jsonOf(plan).error.code], [status, code])
  })

  it("takes a temperature on a model that can do without reasoning, and then only", () => {
    const simulator = Simulator.make()
    const status = (effort: string) =>
      replyOf(
        simulator.handle(
          chat("x", { model: "gpt-5.4", temperature: 0, reasoning_effort: effort }),
          0
        )
      ).status
    assert.deepStrictEqual([status("none"), status("low")], [200, 400])
  })

  it("refuses a prompt that exceeds the context", () => {
    const plan = Simulator.make({ tier: "unlimited" }).handle(chat(long(200_000)), 0)
    assert.strictEqual(jsonOf(plan).error.code, "context_length_exceeded")
  })

  it("refuses what is no JSON object, and paths that do not exist", () => {
    const simulator = Simulator.make()
    assert.strictEqual(
      replyOf(simulator.handle(post("/chat/completions", undefined), 0)).status,
      400
    )
    assert.strictEqual(replyOf(simulator.handle(post("/nothing", {}), 0)).status, 404)
    assert.strictEqual(replyOf(simulator.handle({ ...chat("x"), method: "PUT" }, 0)).status, 404)
  })

  it("serves any model where unknown ones are allowed", () => {
    const simulator = Simulator.make({ allowUnknownModels: true })
    assert.strictEqual(replyOf(simulator.handle(chat("x", { model: "my-own" }), 0)).status, 200)
  })

  it("cuts at the output bound and says so", () => {
    const body = jsonOf(Simulator.make().handle(chat("x", { max_completion_tokens: 3 }), 0))
    assert.strictEqual(body.choices[0].finish_reason, "length")
    assert.isAtMost(body.choices[0].message.content.length, 12)
    assert.strictEqual(body.usage.completion_tokens, 3)
  })

  it("answers with nothing when all of the bound went to reasoning, and bills it", () => {
    const request = chat("x", {
      model: "gpt-5",
      reasoning_effort: "high",
      max_completion_tokens: 64
    })
    const { choices, usage } = jsonOf(Simulator.make().handle(request, 0))
    assert.deepStrictEqual([choices[0].message.content, choices[0].finish_reason], ["", "length"])
    assert.strictEqual(usage.completion_tokens_details.reasoning_tokens, 64)
  })

  it("reads a prefix of 1,024 tokens or more from the cache, in steps of 128", () => {
    const simulator = Simulator.make()
    const cached = (content: string, more: object = {}, now = 0) =>
      jsonOf(simulator.handle(chat(content, more), now)).usage.prompt_tokens_details.cached_tokens
    const prefix = "p".repeat(5_000)
    assert.strictEqual(cached(`${prefix} first`), 0)
    assert.strictEqual(cached(`${prefix} second`), 1_152)
    assert.strictEqual(cached(`${prefix} third`, { prompt_cache_key: "other" }), 0)
    assert.strictEqual(cached(`${prefix} fourth`, {}, 3_600_000), 0)
    assert.strictEqual(cached("short"), 0)
    assert.strictEqual(cached("short"), 0)
  })

  it("takes as long as its tokens need, and no time at all without latency", () => {
    const done = (latency: number) => {
      const simulator = Simulator.make({ latency })
      return Array.from(
        { length: 200 },
        (_, i) => replyOf(simulator.handle(chat(`${i}`), 0)).doneAt
      )
    }
    const waits = done(1).sort((a, b) => a - b)
    assert.isAbove(waits[100] ?? 0, 300)
    assert.isBelow(waits[100] ?? 0, 2_000)
    assert.isTrue(done(0).every((at) => at === 0))
  })

  it("streams the text that it would have answered, in the order of time", () => {
    const [whole, streamed] = [{}, { stream: true, stream_options: { include_usage: true } }].map(
      (more) => Simulator.make().handle(chat("x", more), 0)
    )
    if (whole === undefined || streamed === undefined) return assert.fail()
    const { payload } = replyOf(streamed)
    const times = payload._tag === "Events" ? payload.events.map(({ at }) => at) : []
    assert.deepStrictEqual(
      times,
      [...times].sort((a, b) => a - b)
    )
    const text = eventsOf(streamed)
      .map((event) => (event as Chunk).choices[0]?.delta.content ?? "")
      .join("")
    assert.strictEqual(text, jsonOf(whole).choices[0].message.content)
  })

  it("gives one text one vector, whatever it comes with, and another text another", () => {
    const simulator = Simulator.make()
    const vectors = (input: unknown, more: object = {}) =>
      jsonOf(
        simulator.handle(
          post("/embeddings", { model: "text-embedding-3-small", input, ...more }),
          0
        )
      ).data.map((each: { embedding: unknown }) => each.embedding)
    const [one, other] = vectors(["one", "other"])
    assert.deepStrictEqual(vectors("one"), [one])
    assert.notDeepEqual(one, other)
    assert.lengthOf(one, 1_536)
    assert.closeTo(Math.hypot(...one), 1, 1e-6)
    const [short] = vectors("one", { dimensions: 8, encoding_format: "base64" })
    assert.strictEqual(Buffer.from(short, "base64").length, 32)
  })
})
