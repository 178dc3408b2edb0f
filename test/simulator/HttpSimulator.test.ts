import * as Http from "node:http"
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import OpenAI from "openai"
import * as HttpSimulator from "spillway/layers/simulator/HttpSimulator"

const MODEL = "gpt-5.4-mini"
const messages = [{ role: "user", content: "Say something." }] as const

const fast = (options: HttpSimulator.ServeFlags = {}) =>
  HttpSimulator.fromFlags({ latency: 0, ...options })
type Simulator = Effect.Success<ReturnType<typeof fast>>

/** The official client as it comes, without its retries. */
const clientOf = (simulator: Simulator, apiKey = "sk-test") =>
  new OpenAI({ apiKey, baseURL: simulator.url, maxRetries: 0 })

/** What a call fails with. */
const rejected = (call: () => PromiseLike<unknown>): Effect.Effect<unknown> =>
  Effect.promise(() =>
    call().then(
      () => "no failure",
      (cause: unknown) => cause
    )
  )

const ask = (simulator: Simulator, content = "x") =>
  clientOf(simulator).chat.completions.create({
    model: MODEL,
    messages: [{ role: "user", content }]
  })

const statsOf = (simulator: Simulator, query = "") =>
  Effect.promise(async () => {
    const answer = await fetch(`http://127.0.0.1:${simulator.port}/_spillway/stats${query}`)
    return (await answer.json()) as Record<string, unknown>
  })

/** Waits for what the server learns a moment after the client has turned away. */
const eventually = (check: Effect.Effect<boolean>): Effect.Effect<void> =>
  Effect.flatMap(check, (done) =>
    done
      ? Effect.void
      : Effect.andThen(
          Effect.sleep("5 millis"),
          Effect.suspend(() => eventually(check))
        )
  )

describe("the simulated provider behind HTTP, to the official client", () => {
  it.live("completes chats, whole and streamed", () =>
    Effect.gen(function* () {
      const client = clientOf(yield* fast())
      const whole = yield* Effect.promise(() =>
        client.chat.completions.create({ model: MODEL, messages: [...messages] })
      )
      assert.isNotEmpty(whole.choices[0]?.message.content)
      const text = yield* Effect.promise(async () => {
        const stream = client.chat.completions.stream({
          model: MODEL,
          messages: [...messages],
          stream_options: { include_usage: true }
        })
        const { choices, usage } = await stream.finalChatCompletion()
        return { said: choices[0]?.message.content, usage }
      })
      assert.isNotEmpty(text.said)
      assert.isAbove(text.usage?.completion_tokens ?? 0, 0)
    })
  )

  it.live("answers responses, whole and streamed", () =>
    Effect.gen(function* () {
      const client = clientOf(yield* fast())
      const whole = yield* Effect.promise(() =>
        client.responses.create({ model: MODEL, input: "Say something." })
      )
      assert.isNotEmpty(whole.output_text)
      const streamed = yield* Effect.promise(() =>
        client.responses.stream({ model: MODEL, input: "Say something." }).finalResponse()
      )
      assert.isNotEmpty(streamed.output_text)
      assert.strictEqual(streamed.status, "completed")
    })
  )

  it.live("embeds, in base64 as the client asks by itself, and lists its models", () =>
    Effect.gen(function* () {
      const client = clientOf(yield* fast())
      const { data } = yield* Effect.promise(() =>
        client.embeddings.create({ model: "text-embedding-3-small", input: ["a", "b"] })
      )
      assert.deepStrictEqual(
        data.map((each) => each.embedding.length),
        [1_536, 1_536]
      )
      assert.closeTo(Math.hypot(...(data[0]?.embedding ?? [])), 1, 1e-5)
      const page = yield* Effect.promise(async () => (await client.models.list()).data)
      assert.include(
        page.map(({ id }) => id),
        MODEL
      )
      assert.strictEqual(
        (yield* Effect.promise(async () => await client.models.retrieve(MODEL))).id,
        MODEL
      )
    })
  )

  it.live("fails in ways that the client knows by class", () =>
    Effect.gen(function* () {
      const limits = { requestsPerMinute: 1, tokensPerMinute: 10_000 }
      const limited = yield* fast({ limits })
      yield* Effect.promise(() => ask(limited))
      assert.instanceOf(yield* rejected(() => ask(limited)), OpenAI.RateLimitError)
      const keyed = yield* fast({ keys: ["sk-good"] })
      assert.instanceOf(yield* rejected(() => ask(keyed)), OpenAI.AuthenticationError)
      const unknown = clientOf(keyed, "sk-good").models.retrieve("none")
      assert.instanceOf(yield* rejected(() => unknown), OpenAI.NotFoundError)
      const bad = clientOf(keyed, "sk-good").chat.completions.create({ model: MODEL, messages: [] })
      assert.instanceOf(yield* rejected(() => bad), OpenAI.BadRequestError)
      const broken = yield* fast({ faults: "500=100%" })
      assert.instanceOf(yield* rejected(() => ask(broken)), OpenAI.InternalServerError)
      const dropped = yield* fast({ faults: "drop_after=100%" })
      assert.instanceOf(yield* rejected(() => ask(dropped)), OpenAI.APIConnectionError)
      assert.strictEqual((yield* dropped.stats).billed, 1)
    })
  )

  it.live("counts what it billed, by content, for everybody to read", () =>
    Effect.gen(function* () {
      const simulator = yield* fast({ seed: 3 })
      for (const content of ["a", "b", "b"]) yield* Effect.promise(() => ask(simulator, content))
      const stats = yield* statsOf(simulator, "?contents=1")
      assert.deepInclude(stats, {
        simulated: true,
        seed: 3,
        billed: 3,
        contents: 2,
        contentsBilledAgain: 1
      })
      assert.sameMembers(Object.values(stats.billedContents as Record<string, number>), [1, 2])
      assert.notProperty(yield* statsOf(simulator), "billedContents")
      assert.strictEqual(stats.requests, 3)
    })
  )
})

describe("the server itself", () => {
  it.live("says which port is in use and what to do", () =>
    Effect.gen(function* () {
      const { port } = yield* fast()
      const error = yield* Effect.flip(HttpSimulator.make({ port }))
      assert.strictEqual(error._tag, "SimulatorNotStarted")
      assert.include(error.message, `127.0.0.1:${port}: the port is in use`)
      assert.include(error.message, "--port")
      const none = yield* Effect.flip(HttpSimulator.make({ port: 70_000 }))
      assert.include(none.message, "no such port")
    })
  )

  it.live("refuses a line of faults that it cannot read", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(fast({ faults: "explode=1%" }))
      assert.strictEqual(error._tag, "FaultSyntaxError")
    })
  )

  it.live("ends at once with its scope, whatever hangs", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const simulator = yield* Scope.provide(fast({ faults: "hang=100%" }), scope)
      const hanging = yield* Effect.forkChild(rejected(() => ask(simulator)))
      yield* eventually(Effect.map(simulator.stats, ({ requests }) => requests === 1))
      yield* Scope.close(scope, Exit.void)
      assert.instanceOf(yield* Fiber.join(hanging), OpenAI.APIConnectionError)
    })
  )

  it.live("bills a request whose client has left, and lives on", () =>
    Effect.gen(function* () {
      const simulator = yield* fast({ latency: 1 })
      const { completions } = clientOf(simulator).chat
      const request = { model: MODEL, messages: [...messages] }
      const leaving = yield* Effect.forkChild(
        Effect.promise((signal) => completions.create(request, { signal }))
      )
      yield* eventually(Effect.map(simulator.stats, ({ billed }) => billed === 1))
      yield* Fiber.interrupt(leaving)
      assert.strictEqual((yield* statsOf(simulator)).billed, 1)
    })
  )

  it.live("survives targets that are no URL", () =>
    Effect.gen(function* () {
      const simulator = yield* fast()
      for (const path of ["//", "/v1/models/%E0%A4%A"]) {
        const status = yield* Effect.callback<number | undefined>((resume) => {
          const headers = { authorization: "Bearer k" }
          Http.get({ port: simulator.port, path, headers }, (response) => {
            response.resume()
            resume(Effect.succeed(response.statusCode))
          })
        })
        assert.strictEqual(status, 404, path)
      }
    })
  )

  it.live("survives clients that break off in the middle of a request", () =>
    Effect.gen(function* () {
      const simulator = yield* fast()
      yield* Effect.callback<void>((resume) => {
        const socket = Net.connect(simulator.port, "127.0.0.1", () => {
          socket.write(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{"
          )
          socket.end(() => socket.destroy())
        })
        socket.on("close", () => resume(Effect.void))
      })
      yield* Effect.promise(() => ask(simulator))
      assert.strictEqual((yield* simulator.stats).requests, 1)
    })
  )

  it.live("refuses a body of more than 64 MB with 413", () =>
    Effect.gen(function* () {
      const simulator = yield* fast()
      const status = yield* Effect.callback<number | undefined>((resume) => {
        const request = Http.request(
          `${simulator.url}/chat/completions`,
          { method: "POST" },
          (response) => {
            response.resume()
            resume(Effect.succeed(response.statusCode))
          }
        )
        request.on("error", () => undefined)
        const megabyte = Buffer.alloc(1024 * 1024, 32)
        for (let i = 0; i < 65; i++) request.write(megabyte)
        request.end()
      })
      assert.strictEqual(status, 413)
      assert.strictEqual((yield* simulator.stats).requests, 0)
    })
  )

  it.live("keeps connections alive and takes hundreds of requests at once", () =>
    Effect.gen(function* () {
      const simulator = yield* fast({ tier: "5" })
      const agent = new Http.Agent({ keepAlive: true, maxSockets: 500 })
      const sockets = new Set<unknown>()
      const post = (i: number) =>
        Effect.callback<number | undefined>((resume) => {
          const headers = { authorization: "Bearer k" }
          const body = JSON.stringify({
            model: MODEL,
            messages: [{ role: "user", content: `${i}` }]
          })
          const request = Http.request(
            `${simulator.url}/chat/completions`,
            { method: "POST", agent, headers },
            (response) => {
              response.resume()
              response.on("end", () => resume(Effect.succeed(response.statusCode)))
            }
          )
          request.on("socket", (socket) => sockets.add(socket))
          request.end(body)
        })
      const items = Array.from({ length: 500 }, (_, i) => i)
      const first = yield* Effect.forEach(items, post, { concurrency: 500 })
      assert.isTrue(first.every((status) => status === 200))
      yield* Effect.forEach(items, post, { concurrency: 100 })
      assert.isAtMost(sockets.size, 500)
      agent.destroy()
    })
  )

  it.live("sends a broken body as it is broken", () =>
    Effect.gen(function* () {
      const simulator = yield* fast({ faults: "truncated=100%" })
      const body = JSON.stringify({ model: MODEL, messages })
      const answer = yield* Effect.promise(async () => {
        const headers = { authorization: "Bearer k" }
        const response = await fetch(`${simulator.url}/chat/completions`, {
          method: "POST",
          body,
          headers
        })
        return { status: response.status, text: await response.text() }
      })
      assert.strictEqual(answer.status, 200)
      assert.throws(() => JSON.parse(answer.text))
    })
  )

  it.live("answers a responder that throws with an error of this request alone", () =>
    Effect.gen(function* () {
      const responder = () => {
        throw new Error("no idea")
      }
      const simulator = yield* fast({ responder })
      const error = yield* rejected(() => ask(simulator))
      assert.instanceOf(error, OpenAI.InternalServerError)
      assert.include(String(error), "no idea")
    })
  )
})
