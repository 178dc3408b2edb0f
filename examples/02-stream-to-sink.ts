/**
 * A stream of items, answered as fast as the quota allows and delivered to a sink in acknowledged groups. Run it twice:
 * the second time everything is known, and nothing is sent. Kill it in the middle: it goes on where it stopped.
 * What it keeps is in a temporary folder, which it names at the end, or in the folder given as its argument.
 */
import { mkdirSync } from "node:fs"
import { appendFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Console, Effect, Schema, Stream } from "effect"
import { Run, StructuredAnswer } from "spillway"
import * as Offline from "spillway/layers/presets/Offline"
import * as NodeShutdown from "spillway/layers/run/NodeShutdown"

const folder = process.argv[2] ?? join(tmpdir(), "spillway-example-02")
mkdirSync(folder, { recursive: true })

interface Review {
  readonly id: string
  readonly text: string
}

/** Any stream will do: a file, a table, a queue. It is read no faster than answers come. */
const items = Stream.range(1, 200).pipe(
  Stream.map((n): Review => ({ id: `review-${n}`, text: `Review ${n}: arrived in ${n % 9} days.` }))
)

/** The strict JSON schema that goes into the request, and the type of the value that comes back. */
const Verdict = StructuredAnswer.make(
  "verdict",
  Schema.Struct({
    sentiment: Schema.Literals(["positive", "neutral", "negative"]),
    stars: Schema.Literals([1, 2, 3, 4, 5])
  })
)

const reviews = Run.make({
  name: "reviews",
  id: (review: Review) => review.id,
  request: (review) =>
    Verdict.request({
      model: "gpt-6-luna",
      system: "Classify the review.",
      prompt: review.text,
      maxOutputTokens: 200
    }),
  answer: Verdict,
  maxCostUsd: 1
})

const program = Effect.gen(function* () {
  const report = yield* Run.deliver(reviews, items, (group) => {
    const rows = group.map((one) =>
      one._tag === "Answered"
        ? { id: one.itemId, ...one.value }
        : { id: one.itemId, missing: one._tag === "Failed" ? one.failure.reason : one.reason }
    )
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("")
    // Succeeding acknowledges the group. A sink that fails stops the run, and gets the group again at the next start.
    return Effect.tryPromise(() => appendFile(join(folder, "verdicts.jsonl"), lines))
  })
  const { answered, noAnswer, failed, delivered, sent } = report.requests
  yield* Console.log(
    `${sent} requests sent: ${answered} answered, ${noAnswer} without an answer, ${failed} failed. ` +
      `${delivered} were delivered before. $${report.costUsd.toFixed(4)}. Results: ${folder}`
  )
})

program.pipe(
  Effect.provide(Offline.layer({ seed: 2, store: join(folder, "runs.sqlite") })),
  // As `NodeRuntime.runMain`, and the first Ctrl-C lets what is in flight come home.
  NodeShutdown.runMain
)
