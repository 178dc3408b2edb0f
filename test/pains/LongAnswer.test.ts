/**
 * An answer that takes longer than the HTTP client's own patience, over a real socket in six virtual minutes. In a file of
 * its own: undici keeps one timer for all connections of a process, and that has to be the one that is moved on here.
 */
import { assert, describe, it } from "@effect/vitest"
import FakeTimers from "@sinonjs/fake-timers"
import { Context, Deferred, Duration, Effect, Fiber, Layer } from "effect"
import { Generate } from "spillway/generate/Generate"
import { Agent, request } from "undici"
import * as Loopback from "../transport/Loopback.ts"
import * as Stack from "./Stack.ts"

const json = { "content-type": "application/json" }
const bodyOf = (text: string) =>
  JSON.stringify({ choices: [{ message: { content: text }, finish_reason: "stop" }] })

/** The words of the user, in a chat request. */
const wordsOf = (body: string): string => JSON.parse(body).messages[0].content

/** Until the scope closes, timers and clocks of this process stand still, except as they are moved on. */
const standingTime = Effect.acquireRelease(
  Effect.sync(() =>
    FakeTimers.install({
      toFake: [
        "setTimeout",
        "clearTimeout",
        "setInterval",
        "clearInterval",
        "Date",
        "hrtime",
        "performance"
      ]
    })
  ),
  (clock) => Effect.sync(() => clock.uninstall())
)

describe("over loopback", () => {
  // (n8n#34403)
  it.live(
    "pain 14: a response that takes 6 minutes succeeds, where the HTTP client alone gives up",
    () =>
      Effect.gen(function* () {
        const bothArrived = yield* Deferred.make<void>()
        let count = 0
        const origin = yield* Loopback.serve((_, body, response) => {
          const text = body === "" ? "" : wordsOf(body)
          setTimeout(() => response.writeHead(200, json).end(bodyOf(text)), 6 * 60_000)
          if (++count === 2) Deferred.doneUnsafe(bothArrived, Effect.void)
        })
        const time = yield* standingTime
        const context = yield* Layer.build(
          Stack.over(Loopback.transport(origin), {
            limits: Stack.plenty,
            retry: { attemptTimeout: Duration.minutes(7) }
          })
        )
        const generate = Context.get(context, Generate)
        const answer = yield* Effect.forkChild(generate.generate(Stack.prompt("patience")))
        const agent = new Agent()
        const alone = yield* Effect.forkChild(
          Effect.flip(Effect.tryPromise(() => request(origin, { dispatcher: agent })))
        )
        yield* Deferred.await(bothArrived)
        yield* Effect.promise(() => time.tickAsync("05:59"))
        // Time did pass for the sockets: the client's own timeout of 300 s has struck.
        assert.match(String((yield* Fiber.join(alone)).cause), /Headers Timeout/)
        assert.isUndefined(answer.pollUnsafe())
        yield* Effect.promise(() => time.tickAsync("00:01"))
        const { attempts, text } = yield* Fiber.join(answer)
        assert.deepStrictEqual([text, attempts], ["patience", 1])
        yield* Effect.promise(() => agent.destroy())
      })
  )
})
