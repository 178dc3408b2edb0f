import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Redacted } from "effect"
import * as ProviderIdentity from "spillway/layers/transport/ProviderIdentity"
import * as Chat from "spillway/transport/Chat"
import * as Models from "spillway/transport/Models"
import { OpenAiTransport } from "spillway/transport/OpenAiTransport"
import * as Loopback from "./Loopback.ts"

const call = Chat.create({ model: "m", messages: [{ role: "user", content: "hi" }] })
const json = { "content-type": "application/json", "x-request-id": "req_1" }
const bodyOf = (text: string) =>
  JSON.stringify({ choices: [{ message: { content: text }, finish_reason: "stop" }] })

const connect = (...place: Parameters<typeof Loopback.transport>) =>
  Effect.map(Layer.build(Loopback.transport(...place)), (context) =>
    Context.get(context, OpenAiTransport)
  )

describe("SdkOpenAiTransport", () => {
  it.live("sends key, organization, project and an id of its own, and no trace", () =>
    Effect.gen(function* () {
      const seen: Array<NodeJS.Dict<string | Array<string>>> = []
      const origin = yield* Loopback.serve((request, _, response) => {
        seen.push(request.headers)
        response.writeHead(200, json).end(bodyOf("ok"))
      })
      const transport = yield* connect(origin, { organization: "org-1", project: "proj-1" })
      yield* transport.send(call).pipe(Effect.withSpan("outer"))
      yield* transport.send(call)
      const attemptId = `${"0123456789abcdef".repeat(2)}-3`
      yield* transport.send({ ...call, attemptId })
      yield* transport.send({ ...call, attemptId }, { onEvent: () => Effect.void })
      const [first, second, third, fourth] = seen
      assert.deepInclude(first, {
        authorization: "Bearer sk-test-0123456789",
        "openai-organization": "org-1",
        "openai-project": "proj-1",
        "content-type": "application/json"
      })
      assert.match(String(first?.["x-client-request-id"]), /^[0-9a-f-]{36}$/)
      assert.notStrictEqual(first?.["x-client-request-id"], second?.["x-client-request-id"])
      for (const headers of [third, fourth]) {
        assert.match(
          String(headers?.["x-client-request-id"]),
          /^(0123456789abcdef){2}-3-[0-9a-f]{12}$/
        )
      }
      assert.notStrictEqual(third?.["x-client-request-id"], fourth?.["x-client-request-id"])
      for (const name of ["traceparent", "b3", "x-stainless-timeout"]) {
        assert.notProperty(first, name)
      }
    })
  )

  const places: ReadonlyArray<readonly [base: string, path: string, url: string]> = [
    ["/v1", "/chat/completions", "/v1/chat/completions"],
    ["/v1/", "/chat/completions", "/v1/chat/completions"],
    ["", "/chat/completions", "/chat/completions"],
    [
      "/openai/deployments/x",
      "/chat/completions?api-version=2024-02-01",
      "/openai/deployments/x/chat/completions?api-version=2024-02-01"
    ],
    ["/openai?api-version=1", "/chat/completions", "/openai/chat/completions?api-version=1"]
  ]
  for (const [base, path, url] of places) {
    it.live(`calls ${url} for ${path} at ${base || "a bare origin"}`, () =>
      Effect.gen(function* () {
        let seen: string | undefined
        const origin = yield* Loopback.serve((request, _, response) => {
          seen = request.url
          response.writeHead(200, json).end(bodyOf("ok"))
        })
        const transport = yield* connect(`${origin}${base}`)
        yield* transport.send({ ...call, path })
        assert.strictEqual(seen, url)
      })
    )
  }

  it.live("sends each call to its own place with its own body, one after another", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const origin = yield* Loopback.serve((request, body, response) => {
        const type = request.headers["content-type"] ?? "none"
        seen.push(`${request.method} ${request.url} ${type} ${body}`)
        response.writeHead(200, json).end(bodyOf("ok"))
      })
      const transport = yield* connect(`${origin}/v1`)
      for (const n of [1, 2]) {
        yield* transport.send({ ...call, body: { n } })
        yield* transport.send({ ...call, path: "/responses", body: { n } })
        yield* transport.send({ ...call, method: "GET", body: undefined })
      }
      const round = (n: number) => [
        `POST /v1/chat/completions application/json {"n":${n}}`,
        `POST /v1/responses application/json {"n":${n}}`,
        "GET /v1/chat/completions none "
      ]
      assert.deepStrictEqual(seen, [...round(1), ...round(2)])
    })
  )

  it.live("sends calls without a body", () =>
    Effect.gen(function* () {
      const origin = yield* Loopback.serve((request, body, response) => {
        const data = [{ id: `${request.method} ${body.length}` }]
        response.writeHead(200, json).end(JSON.stringify({ data }))
      })
      const transport = yield* connect(origin)
      assert.deepStrictEqual((yield* transport.send(Models.list)).body, [{ id: "GET 0" }])
    })
  )

  it.live("knows that a refused connection sent nothing", () =>
    Effect.gen(function* () {
      const origin = yield* Effect.scoped(Loopback.serve(() => undefined))
      const transport = yield* connect(origin)
      let sent = false
      const onSent = () => {
        sent = true
      }
      const { reason } = yield* Effect.flip(transport.send(call, { onSent }))
      assert.strictEqual(reason._tag, "ConnectionFailed")
      assert.strictEqual(reason.verdict.billed, "no")
      assert.isFalse(sent)
    })
  )

  it.live("knows that a name which does not resolve was sent nothing", () =>
    Effect.gen(function* () {
      const transport = yield* connect("http://nowhere.invalid/v1")
      const { reason } = yield* Effect.flip(transport.send(call))
      assert.strictEqual(reason._tag, "ConnectionFailed")
      assert.strictEqual(reason.verdict.billed, "no")
    })
  )

  it.live("keeps the head of an answer that breaks off in the middle of its body", () =>
    Effect.gen(function* () {
      const origin = yield* Loopback.serve((request, _, response) => {
        response.writeHead(200, { ...json, "content-length": "1000" })
        response.write(bodyOf("cut"), () => request.socket.destroy())
      })
      const transport = yield* connect(origin)
      const { head, reason } = yield* Effect.flip(transport.send(call))
      assert.strictEqual(reason._tag, "ConnectionFailed")
      assert.strictEqual(reason.verdict.billed, "unknown")
      assert.strictEqual(head?.requestId, "req_1")
    })
  )

  it.live("refuses a key that no header can carry, without showing it", () =>
    Effect.gen(function* () {
      const transport = yield* connect("http://127.0.0.1:9/v1", {
        apiKey: Redacted.make("sk-line\nbreak")
      })
      const { message, reason } = yield* Effect.flip(transport.send(call))
      assert.strictEqual(reason._tag, "AuthenticationFailed")
      assert.notMatch(message, /line|break/)
    })
  )

  it.live("says of a base URL that is none that no request could be made", () =>
    Effect.gen(function* () {
      const transport = yield* connect("not a url")
      const { reason } = yield* Effect.flip(transport.send(call))
      assert.strictEqual(reason._tag, "InvalidRequest")
    })
  )

  it.live("reads a compressed body, and one that is only labelled so", () =>
    Effect.gen(function* () {
      let calls = 0
      const origin = yield* Loopback.serve((_, __, response) => {
        const body = bodyOf("Grüße")
        response.writeHead(200, { ...json, "content-encoding": "gzip" })
        response.end(calls++ === 0 ? gzipSync(body) : body)
      })
      const transport = yield* connect(origin)
      assert.strictEqual((yield* transport.send(call)).body.text, "Grüße")
      assert.strictEqual((yield* transport.send(call)).body.text, "Grüße")
    })
  )

  it.live("waits for an answer that trickles in byte by byte, after a head that was slow", () =>
    Effect.gen(function* () {
      const bytes = Buffer.from(bodyOf("Grüße"))
      const origin = yield* Loopback.serve((_, __, response) => {
        const drip = (at: number): void => {
          if (at === bytes.length) response.end()
          else response.write(bytes.subarray(at, at + 1), () => setImmediate(drip, at + 1))
        }
        setTimeout(() => {
          response.writeHead(200, json)
          drip(0)
        }, 1_200)
      })
      const transport = yield* connect(origin)
      const told: Array<number> = []
      const { body } = yield* transport.send(call, { onHead: (head) => told.push(head.status) })
      assert.strictEqual(body.text, "Grüße")
      assert.deepStrictEqual(told, [200])
    })
  )

  it.live("hands on streamed characters whole, however their bytes are cut", () =>
    Effect.gen(function* () {
      const chunk = {
        choices: [{ index: 0, delta: { content: "Grüße 👋" }, finish_reason: "stop" }]
      }
      const bytes = Buffer.from(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`)
      const origin = yield* Loopback.serve((_, __, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        const drip = (at: number): void => {
          if (at === bytes.length) response.end()
          else response.write(bytes.subarray(at, at + 1), () => setImmediate(drip, at + 1))
        }
        drip(0)
      })
      const transport = yield* connect(origin)
      const deltas: Array<string> = []
      const { body } = yield* transport.send(call, {
        onEvent: ({ delta }) => Effect.sync(() => deltas.push(delta))
      })
      assert.deepStrictEqual(deltas, ["Grüße 👋"])
      assert.strictEqual(body.text, "Grüße 👋")
    })
  )

  it.live("keeps a streamed answer that was whole when the connection broke, and no other", () =>
    Effect.gen(function* () {
      let calls = 0
      const origin = yield* Loopback.serve((request, _, response) => {
        const finish_reason = calls++ === 0 ? "stop" : null
        const chunk = { choices: [{ index: 0, delta: { content: "hi" }, finish_reason }] }
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(`data: ${JSON.stringify(chunk)}\n\n`, () => request.socket.destroy())
      })
      const transport = yield* connect(origin)
      const hooks = { onEvent: () => Effect.void }
      assert.strictEqual((yield* transport.send(call, hooks)).body.text, "hi")
      const error = yield* Effect.flip(transport.send(call, hooks))
      assert.strictEqual(error.reason._tag, "ConnectionFailed")
      assert.isTrue(error.partial)
    })
  )

  it.live("keeps every piece for a listener that is slower than the stream", () =>
    Effect.gen(function* () {
      const count = 3_000
      const origin = yield* Loopback.serve((_, __, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        const tell = (n: number): void => {
          const finish_reason = n === count ? "stop" : null
          const chunk = { choices: [{ index: 0, delta: { content: `${n} ` }, finish_reason }] }
          const text = `data: ${JSON.stringify(chunk)}\n\n`
          if (n === count) response.end(text)
          else response.write(text, () => tell(n + 1))
        }
        tell(1)
      })
      const transport = yield* connect(origin)
      const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      const { body } = yield* transport.send(call, { onEvent: () => turn })
      const expected = Array.from({ length: count }, (_, index) => `${index + 1} `).join("")
      assert.strictEqual(body.text, expected)
    })
  )

  it.live("closes the connection of a request that is interrupted", () =>
    Effect.gen(function* () {
      const arrived = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const origin = yield* Loopback.serve((request) => {
        request.socket.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
        Deferred.doneUnsafe(arrived, Effect.void)
      })
      const transport = yield* connect(origin)
      const fiber = yield* Effect.forkChild(transport.send(call))
      yield* Deferred.await(arrived)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(closed)
    })
  )

  it.live("closes its idle connections with its scope", () =>
    Effect.gen(function* () {
      const closed = yield* Deferred.make<void>()
      const origin = yield* Loopback.serve((request, _, response) => {
        request.socket.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
        response.writeHead(200, json).end(bodyOf("ok"))
      })
      yield* Effect.scoped(Effect.flatMap(connect(origin), (transport) => transport.send(call)))
      yield* Deferred.await(closed)
    })
  )

  it.live("has 2,000 requests in flight at once, without a failure", () =>
    Effect.gen(function* () {
      const count = 2_000
      const waiting: Array<() => void> = []
      const origin = yield* Loopback.serve((_, body, response) => {
        waiting.push(() => response.writeHead(200, json).end(bodyOf(JSON.parse(body).user)))
        // No one is answered before all have arrived.
        if (waiting.length === count) for (const answer of waiting) answer()
      })
      const transport = yield* connect(origin)
      const users = Array.from({ length: count }, (_, index) => `user-${index}`)
      const texts = yield* Effect.forEach(
        users,
        (user) =>
          Effect.map(
            transport.send(Chat.create({ model: "m", messages: [], user })),
            (response) => response.body.text
          ),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(texts, users)
    })
  )

  it.live("goes through the proxy, except to the hosts that bypass it", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const answer =
        (name: string): Loopback.Handler =>
        (request, _, response) => {
          seen.push(`${name} ${request.url}`)
          response.writeHead(200, json).end(bodyOf(name))
        }
      const proxy = yield* Loopback.serve(answer("proxy"))
      const origin = yield* Loopback.serve(answer("origin"))
      const through = yield* connect(origin, { proxy })
      assert.strictEqual((yield* through.send(call)).body.text, "proxy")
      const around = yield* connect(origin, { proxy, noProxy: "example.com, 127.0.0.1" })
      assert.strictEqual((yield* around.send(call)).body.text, "origin")
      const simulated = yield* connect(origin, { proxy, simulatedSeed: 1 })
      assert.strictEqual((yield* simulated.send(call)).body.text, "origin")
      assert.strictEqual(seen[0], `proxy ${origin}/chat/completions`)
    })
  )
})

describe("ProviderIdentity", () => {
  const identity = (baseUrl: string, more: Parameters<typeof Loopback.config>[1] = {}) =>
    ProviderIdentity.make(Loopback.config(baseUrl, more))

  it("is the same however the base URL is spelt", () => {
    const one = identity("https://api.openai.com/v1")
    assert.deepStrictEqual(identity("https://API.openai.com:443/v1/"), one)
    assert.strictEqual(one.id, "https://api.openai.com/v1")
    assert.isFalse(one.simulated)
  })

  it("differs by organization and project, and its account by key, which neither shows", () => {
    const base = "https://api.openai.com/v1"
    const one = identity(base)
    assert.notStrictEqual(identity(base, { organization: "x" }).id, one.id)
    assert.notStrictEqual(
      identity(base, { organization: "x" }).id,
      identity(base, { project: "x" }).id
    )
    const other = identity(base, { apiKey: Redacted.make("sk-other-9876543210") })
    assert.strictEqual(other.id, one.id)
    assert.notStrictEqual(other.account, one.account)
    assert.notInclude(JSON.stringify(other), "9876543210")
  })

  it("names the seed of a simulated provider, whatever its port", () => {
    const one = identity("http://127.0.0.1:1/v1", { simulatedSeed: 7 })
    const two = identity("http://127.0.0.1:2/v1", { simulatedSeed: 7 })
    assert.deepInclude(one, { id: "simulated:7", simulated: true })
    assert.strictEqual(one.id, two.id)
  })
})
