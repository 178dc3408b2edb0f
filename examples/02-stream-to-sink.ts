/**
 * A stream of items, answered as fast as the quota allows and delivered to a sink in acknowledged groups. Run it twice:
 * the second time everything is known, and nothing is sent. Kill it in the middle: it goes on where it stopped.
 */
import { mkdirSync } from "node:fs"
import { appendFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Console, Effect, Schema, Stream } from "effect"
import { Run, StructuredAnswer } from "spillway"
import * as Offline from "spillway/layers/presets/Offline"
import * as NodeShutdown from "spillway/layers/run/NodeShutdown"

const folder = join(tmpdir(), "spillway-example-02")
mkdirSync(folder, { recursive: true })

interface Review {
  readonly id: string
  readonly text: string
}

/** A strict JSON schema for the model, and the type of the decoded answer. */
const Verdict = StructuredAnswer.make(
  "verdict",
  Schema.Struct({
    sentiment: Schema.Literals(["positive", "neutral", "negative"]),
    stars: Schema.Int
  })
)

const reviews = Run.make({
  name: "reviews",
  id: (review: Review) => review.id,
  request: (review) =>
    Verdict.request({
      model: "gpt-4o-mini",
      system: "Classify the review.",
      prompt: review.text,
      maxOutputTokens: 100
    }),
  answer: Verdict,
  maxCostUsd: 1
})

/** Any stream will do: a file, a table, a queue. It is read no faster than answers come. */
const items = Stream.range(1, 200).pipe(
  Stream.map((n): Review => ({ id: `review-${n}`, text: `Review ${n}: arrived in ${n % 9} days.` }))
)

const program = Effect.gen(function* () {
  const report = yield* Run.deliver(reviews, items, (group) =>
    Effect.promise(() =>
      appendFile(
        join(folder, "verdicts.jsonl"),
        group
          .map((one) =>
            one._tag === "Answered"
              ? { id: one.itemId, ...one.value }
              : { id: one.itemId, missing: one._tag === "Failed" ? one.failure.reason : one.reason }
          )
          .map((row) => `${JSON.stringify(row)}\n`)
          .join("")
      )
    )
  )
  const { answered, noAnswer, failed, delivered, sent } = report.requests
  yield* Console.log(
    `${answered} answered, ${noAnswer} without an answer, ${failed} failed, ${delivered} delivered before; ` +
      `${sent} requests sent, $${report.costUsd.toFixed(4)}`
  )
})

program.pipe(
  Effect.provide(Offline.layer({ seed: 2, store: join(folder, "runs.sqlite") })),
  NodeShutdown.runMain
)
