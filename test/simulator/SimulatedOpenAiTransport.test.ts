import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import * as SimulatedOpenAiTransport from "spillway/layers/transport/SimulatedOpenAiTransport"
import { embed, make as makeRequest } from "spillway/request/GenerateRequest"
import { parse } from "spillway/simulator/FaultSyntax"
import * as Chat from "spillway/transport/Chat"
import * as Embeddings from "spillway/transport/Embeddings"
import * as Models from "spillway/transport/Models"
import type { OpenAiTransport } from "spillway/transport/OpenAiTransport"
import type { ResponseHead } from "spillway/transport/ResponseHead"
import * as Responses from "spillway/transport/Responses"

const faults = (text: string) => Result.getOrThrow(parse(text))
const chat = (prompt: string, model = "gpt-4o-mini") =>
  Chat.create(makeRequest({ model, prompt }).body)
const responses = (prompt: string) =>
  Responses.create(makeRequest({ model: "gpt-5.4", prompt, endpoint: "responses" }).body)

/** Runs to the end while the clock is moved on, an hour at most. */
const inVirtualTime = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.join(fiber)
  })

const reasonOf = (kind: string, call = chat("x")) =>
  Effect.gen(function* () {
    const transport = yield* SimulatedOpenAiTransport.make({ faults: faults(`${kind}=100%`) })
    const error = yield* Effect.flip(inVirtualTime(transport.send(call)))
    return error.reason
  })

describe("the simulated transport", () => {
  it.effect("answers every endpoint through the decoders of the real one", () =>
    Effect.gen(function* () {
      const transport = yield* SimulatedOpenAiTransport.make({ latency: 0 })
      const one = yield* transport.send(chat("Hello"))
      assert.isNotEmpty(one.body.text)
      assert.deepInclude(one.body, { finishReason: "stop", servedModel: "gpt-4o-mini" })
      const two = yield* transport.send(responses("Hello"))
      assert.isNotEmpty(two.body.text)
      assert.isAbove(two.body.usage.output, 0)
      const body = embed({ model: "text-embedding-3-large", input: ["a", "b"] }).body
      const three = yield* transport.send(Embeddings.create(body))
      assert.deepStrictEqual(
        three.body.embeddings?.map((each) => each.length),
        [3_072, 3_072]
      )
      const models = yield* transport.send(Models.list)
      assert.include(
        models.body.map((model) => model.id),
        "gpt-4o-mini"
      )
      assert.deepStrictEqual(transport.provider, {
        id: "simulated:1",
        account: "simulated",
        simulated: true
      })
    })
  )

  it.effect("streams the same answer that it gives in one piece, as time passes", () =>
    Effect.gen(function* () {
      const ask = (listen: boolean, endpoint: typeof chat) =>
        Effect.gen(function* () {
          const transport = yield* SimulatedOpenAiTransport.make()
          const heard: Array<readonly [number, string]> = []
          const onEvent = ({ delta }: { readonly delta: string }) =>
            Effect.map(Clock.currentTimeMillis, (now) => {
              if (delta !== "") heard.push([now, delta])
            })
          const answer = yield* inVirtualTime(
            transport.send(endpoint("Tell me"), listen ? { onEvent } : {})
          )
          return { text: answer.body.text, usage: answer.body.usage, heard }
        })
      for (const endpoint of [chat, responses]) {
        const whole = yield* ask(false, endpoint)
        const streamed = yield* ask(true, endpoint)
        assert.strictEqual(streamed.text, whole.text)
        assert.deepStrictEqual(streamed.usage, whole.usage)
        assert.strictEqual(streamed.heard.map(([, delta]) => delta).join(""), whole.text)
        const times = streamed.heard.map(([at]) => at)
        assert.isAbove(times.at(-1) ?? 0, times[0] ?? 0)
      }
    })
  )

  for (const [way, jump] of [
    ["back", -3_600_000],
    ["forward", 3_600_000]
  ] as const) {
    it.effect(`takes no longer and no shorter where the wall clock jumps ${way} by an hour`, () =>
      Effect.gen(function* () {
        const steady = yield* Clock.Clock
        let offset = 0
        const jumping: Clock.Clock = {
          ...steady,
          currentTimeMillisUnsafe: () => steady.currentTimeMillisUnsafe() + offset
        }
        const timed = Effect.gen(function* () {
          const transport = yield* SimulatedOpenAiTransport.make()
          yield* transport.send(chat("Hello"))
          return steady.currentTimeMillisUnsafe()
        })
        const alone = yield* inVirtualTime(timed)
        const start = steady.currentTimeMillisUnsafe()
        const fiber = yield* timed.pipe(
          Effect.provideService(Clock.Clock, jumping),
          Effect.forkChild
        )
        yield* TestClock.adjust("100 millis")
        offset = jump
        yield* TestClock.adjust("1 minute")
        assert.isDefined(fiber.pollUnsafe())
        assert.strictEqual((yield* Fiber.join(fiber)) - start, alone)
      })
    )
  }

  it.effect("calls the hooks in order, with the head as of admission", () =>
    Effect.gen(function* () {
      const transport = yield* SimulatedOpenAiTransport.make({ tier: "1" })
      const calls: Array<string> = []
      yield* inVirtualTime(
        transport.send(chat("Hello"), {
          onSent: () => calls.push("sent"),
          onHead: (head: ResponseHead) =>
            calls.push(head.headers["x-ratelimit-remaining-requests"] ?? "missing")
        })
      )
      assert.deepStrictEqual(calls, ["sent", "499"])
    })
  )

  it.effect("hands the message of a refusal to the hook, where limits may be read from it", () =>
    Effect.gen(function* () {
      const limits = { requestsPerMinute: 1, tokensPerMinute: 1_000 }
      const transport = yield* SimulatedOpenAiTransport.make({ limits, latency: 0 })
      const messages: Array<string | undefined> = []
      const hooks = {
        onHead: (_: ResponseHead, error?: { readonly message: string }) =>
          messages.push(error?.message)
      }
      yield* transport.send(chat("a"), hooks)
      const error = yield* Effect.flip(transport.send(chat("b"), hooks))
      assert.strictEqual(error.reason._tag, "RateLimited")
      assert.strictEqual(error.verdict.retryable, true)
      assert.deepStrictEqual(messages[0], undefined)
      assert.include(messages[1], "Limit 1, Used 1, Requested 1")
    })
  )

  it.effect.each([
    ["500", "ServerError"],
    ["503", "ServerOverloaded"],
    ["408", "TimedOut"],
    ["409", "Conflict"],
    ["429", "RateLimited"],
    ["slow_down", "SlowDown"],
    ["html", "ServerError"],
    ["truncated", "MalformedResponse"],
    ["empty", "MalformedResponse"],
    ["wrong_type", "MalformedResponse"],
    ["drop_before", "ConnectionFailed"],
    ["drop_after", "ConnectionFailed"]
  ] as const)("maps the fault of a pair to its reason: %s", ([kind, reason]) =>
    Effect.map(reasonOf(kind), (found) => assert.strictEqual(found._tag, reason))
  )

  it.effect("maps a response that failed inside a success", () =>
    Effect.map(reasonOf("failed", responses("x")), (found) =>
      assert.strictEqual(found._tag, "ResponseFailed")
    )
  )

  it.effect("maps an exhausted quota and a key that was revoked", () =>
    Effect.gen(function* () {
      for (const [text, reason] of [
        ["billing@0", "QuotaExhausted"],
        ["invalid_key@0", "AuthenticationFailed"]
      ] as const) {
        const transport = yield* SimulatedOpenAiTransport.make({ faults: faults(text), latency: 0 })
        const error = yield* Effect.flip(transport.send(chat("x")))
        assert.strictEqual(error.reason._tag, reason)
      }
    })
  )

  it.effect("says that a stream which broke after its first words is partial", () =>
    Effect.gen(function* () {
      const responder = () => ({ _tag: "Text", text: "many words ".repeat(50) }) as const
      const transport = yield* SimulatedOpenAiTransport.make({
        faults: faults("truncated=100%"),
        responder
      })
      const onEvent = () => Effect.void
      const error = yield* Effect.flip(inVirtualTime(transport.send(chat("x"), { onEvent })))
      assert.deepStrictEqual([error.partial, error.verdict.retryable], [true, false])
    })
  )

  it.effect("hangs until it is interrupted", () =>
    Effect.gen(function* () {
      const transport = yield* SimulatedOpenAiTransport.make({ faults: faults("hang=100%") })
      const fiber = yield* Effect.forkChild(transport.send(chat("x")))
      yield* TestClock.adjust("10 hours")
      assert.isUndefined(fiber.pollUnsafe())
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
    })
  )

  it.effect("carries 10,000 requests through an hour of virtual time, within its limits", () =>
    Effect.gen(function* () {
      const transport = yield* SimulatedOpenAiTransport.make({
        tier: "1",
        faults: faults("5xx=1%,drop=0.5%")
      })
      const { send } = transport as OpenAiTransport["Service"]
      // One every 125 ms is 480 a minute, below the limit of 500.
      const work = Effect.forEach(
        Array.from({ length: 10_000 }, (_, i) => i),
        (i) => Effect.exit(Effect.delay(send(chat(`Item ${i}`)), i * 125)),
        { concurrency: "unbounded" }
      )
      const exits = yield* inVirtualTime(work)
      const { admitted, rateLimited, billed, costUsd } = transport.simulator.stats()
      assert.strictEqual(rateLimited, 0)
      assert.closeTo(exits.filter(Exit.isSuccess).length, 9_850, 60)
      assert.isAtLeast(billed, exits.filter(Exit.isSuccess).length)
      assert.isAtMost(billed, admitted)
      assert.isAbove(costUsd, 0)
    })
  )

  it.effect("keeps two transports of one simulator on one quota", () =>
    Effect.gen(function* () {
      const limits = { requestsPerMinute: 1, tokensPerMinute: 1_000 }
      const { simulator, send } = yield* SimulatedOpenAiTransport.make({ limits, latency: 0 })
      yield* send(chat("a"))
      const other = SimulatedOpenAiTransport.fromSimulator(simulator)
      assert.strictEqual((yield* Effect.flip(other.send(chat("b")))).reason._tag, "RateLimited")
    })
  )
})
