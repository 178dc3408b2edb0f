/** What only sockets show: thousands at once, and that nothing below the one retry layer tries again. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer } from "effect"
import * as Loopback from "../transport/Loopback.ts"
import * as Stack from "./Stack.ts"

const json = { "content-type": "application/json" }
const bodyOf = (text: string) =>
  JSON.stringify({ choices: [{ message: { content: text }, finish_reason: "stop" }] })

/** The words of the user, in a chat request. */
const wordsOf = (body: string): string => JSON.parse(body).messages[0].content

const build = (origin: string, settings: Stack.Settings = {}) =>
  Layer.build(
    Stack.over(Loopback.transport(origin), {
      ...settings,
      limits: { ...Stack.plenty, ...settings.limits }
    })
  )

describe("over loopback", () => {
  // (openai-python#769, #1195, #1596)
  it.live("pain 15: 2,000 requests in flight at once, and no transport error", () =>
    Effect.gen(function* () {
      const count = 2_000
      const waiting: Array<() => void> = []
      const origin = yield* Loopback.serve((_, body, response) => {
        waiting.push(() => response.writeHead(200, json).end(bodyOf(wordsOf(body))))
        // No one is answered before all have arrived.
        if (waiting.length === count) for (const answer of waiting) answer()
      })
      const context = yield* build(origin, {
        limits: { maxInFlight: count, requestsPerMinute: 1e9 },
        retry: { maxAttempts: 1 }
      })
      const items = Stack.questions(count)
      const { kept, report } = yield* Effect.provideContext(Stack.deliver(items), context)
      const texts = kept.map((each) => (each._tag === "Answered" ? each.value : each._tag))
      assert.deepStrictEqual(texts.sort(), [...items].sort())
      assert.strictEqual(report?.requests.sent, count)
      assert.strictEqual(Context.get(context, Stack.Door).highest(), count)
    })
  )

  // (simonw/llm#1504)
  it.live("pain 13: one retry layer: the server sees one request for each attempt", () =>
    Effect.gen(function* () {
      let seen = 0
      const origin = yield* Loopback.serve((_, __, response) => {
        seen++
        response.writeHead(500, { ...json, "x-should-retry": "true" }).end("{}")
      })
      const context = yield* build(origin, {
        retry: { maxAttempts: 3, base: Duration.millis(1) }
      })
      const { kept } = yield* Effect.provideContext(Stack.deliver(["only"]), context)
      assert.isTrue(kept[0]?._tag === "Failed" && kept[0].failure.attempts === 3)
      assert.strictEqual(seen, 3)
    })
  )
})
