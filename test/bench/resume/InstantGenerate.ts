/**
 * Answers everything at once and writes down what `OnlineGenerate` writes down, a thousand items a commit: it fills a store
 * in a hundredth of the time that requests would take.
 */
import { Effect, Layer, Stream } from "effect"
import * as Arr from "effect/Array"
import type { RunRecord } from "spillway/checkpoint/RunRecord"
import { Generate, type GenerateItem, type Outcome } from "spillway/generate/Generate"
import type { ModelResponse } from "spillway/request/ModelResponse"
import { provider } from "./Provider.ts"

const responseTo = ({ index }: GenerateItem): ModelResponse => ({
  id: `chatcmpl-${index}`,
  text: `The digits of ${index} give a sum that one can see at a glance. The answer is ${index % 97}.`,
  toolCalls: [],
  finishReason: "stop",
  usage: { input: 61, cached: 0, cacheWrite: 0, output: 24, reasoning: 0 },
  servedModel: "gpt-4o-mini-2024-07-18",
  cost: 23_550,
  latencyMs: 812.5,
  attempts: 1,
  requestIds: [`req_${index}`],
  simulated: true
})

const at = 1_700_000_000_000

export const layer = Layer.succeed(
  Generate,
  Generate.of({
    provider,
    mode: "online",
    generateMany: (items, { counters, journal }) =>
      items.pipe(
        Stream.rechunk(1000),
        Stream.mapArrayEffect((page) => {
          const answered = Arr.map(page, (item) => ({ item, response: responseTo(item) }))
          const records = Arr.flatMap(
            answered,
            ({ item: { key }, response }): Arr.NonEmptyReadonlyArray<RunRecord> => [
              { _tag: "Intent", key, attempt: 0, reserved: 40_000, at },
              { _tag: "Answered", key, attempt: 0, response, at }
            ]
          )
          counters.answered += page.length
          return Effect.as(
            journal.append(records),
            Arr.map(
              answered,
              ({ item: { index, key }, response }): Outcome => ({
                ...{ _tag: "Answered", index, key, response },
                from: "network"
              })
            )
          )
        })
      ),
    generate: () => Effect.die(new Error("Nothing asks for a single answer here."))
  })
)
