/** The cap on what is in flight holds through all layers (langchain#15767): measured at the provider. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Result } from "effect"
import { Generate } from "spillway/generate/Generate"
import { fromSimulator } from "spillway/layers/transport/SimulatedOpenAiTransport"
import { parse } from "spillway/simulator/FaultSyntax"
import * as Simulator from "spillway/simulator/Simulator"
import { OpenAiTransport } from "spillway/transport/OpenAiTransport"
import * as Stack from "./Stack.ts"

const CAP = 12

/** The most requests that the provider had under way at one time. */
const watched = () => {
  const simulator = Simulator.make({
    tier: "unlimited",
    faults: Result.getOrThrow(parse("5xx=30%,409=5%,drop=5%"))
  })
  const spans: Array<readonly [from: number, to: number]> = []
  const handle: Simulator.Simulator["handle"] = (request, now) => {
    const plan = simulator.handle(request, now)
    spans.push([now, plan._tag === "Reply" ? plan.doneAt : plan._tag === "Drop" ? plan.at : now])
    return plan
  }
  const highest = () => {
    // At one moment, what ends makes room before what begins.
    const changes = spans.flatMap(([from, to]) => [[from, 1] as const, [to, -1] as const])
    changes.sort(([a, up], [b, down]) => a - b || up - down)
    let [now, most] = [0, 0]
    for (const [, change] of changes) {
      now += change
      most = Math.max(most, now)
    }
    return most
  }
  const transport = Layer.succeed(OpenAiTransport, fromSimulator({ ...simulator, handle }))
  return { transport, highest, received: () => spans.length }
}

describe("what is in flight", () => {
  it.effect(
    `pain 12: two runs, streams and their retries together never have more than ${CAP} in flight`,
    () => {
      const { highest, received, transport } = watched()
      return Stack.virtually(
        Stack.over(transport, {
          limits: { ...Stack.plenty, maxInFlight: CAP },
          retry: { maxAttempts: 30 },
          breaker: { failureRate: 1 }
        }),
        Effect.gen(function* () {
          const generate = yield* Generate
          const { highest: atTheDoor } = yield* Stack.Door
          const run = (name: string, model: string) =>
            Stack.deliver(
              Stack.questions(150).map((question) => `${name}: ${question}`),
              { name, request: (question) => Stack.prompt(question, 50, model) }
            )
          const stream = (question: string) =>
            generate.generate(Stack.prompt(question, 50, "gpt-4.1"), { onDelta: () => Effect.void })
          const [one, two] = yield* Effect.all(
            [
              run("one", "gpt-4o-mini"),
              run("two", "gpt-4.1-mini"),
              Effect.forEach(Stack.questions(50), (question) => Effect.result(stream(question)), {
                concurrency: "unbounded"
              })
            ],
            { concurrency: "unbounded" }
          )
          assert.strictEqual(one.answered + two.answered, 300)
          assert.isAbove(received(), 450)
          assert.isAtMost(highest(), CAP)
          assert.strictEqual(atTheDoor(), CAP)
        })
      )
    }
  )
})
