/** The Batch API through the port of a transport, without a socket, on the test's clock. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { TestClock } from "effect/testing"
import * as SimulatedOpenAiTransport from "spillway/layers/transport/SimulatedOpenAiTransport"
import { chatLines, jsonl } from "./account.ts"

interface Seen {
  readonly id: string
  readonly status: string
  readonly data: ReadonlyArray<Seen>
}

describe("the simulated Batch API within the process", () => {
  it.effect("creates, lists and completes a batch while virtual hours pass", () =>
    Effect.gen(function* () {
      const { send, simulator } = yield* SimulatedOpenAiTransport.make({
        latency: 0,
        batch: { scale: 1 }
      })
      const call = (
        method: "GET" | "POST",
        path: string,
        body?: { readonly [key: string]: string }
      ) =>
        Effect.map(
          send({
            operation: path,
            method,
            path,
            body,
            decode: (value) => Result.succeed(value as Seen)
          }),
          (response) => response.body
        )
      const bytes = new TextEncoder().encode(jsonl(chatLines(10)))
      const plan = simulator.handle(
        {
          method: "POST",
          path: "/files",
          body: undefined,
          upload: { filename: "a.jsonl", bytes, purpose: "batch" }
        },
        0
      )
      const text = plan._tag === "Reply" && plan.payload._tag === "Body" ? plan.payload.text : ""
      const batch = yield* call("POST", "/batches", {
        input_file_id: JSON.parse(text).id,
        endpoint: "/v1/chat/completions",
        completion_window: "24h"
      })
      assert.strictEqual(batch.status, "validating")
      yield* TestClock.adjust("12 hours")
      const { data } = yield* call("GET", "/batches?limit=1")
      assert.deepStrictEqual(
        data.map(({ id, status }) => [id, status]),
        [[batch.id, "completed"]]
      )
      assert.strictEqual(simulator.stats().billed, 10)
    })
  )
})
