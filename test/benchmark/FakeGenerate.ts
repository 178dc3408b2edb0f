/** A `Generate` that answers from a function, keeps its journal as the real one does, and counts what it "sent". */
import { Effect, Layer, Stream } from "effect"
import type { StoreError } from "spillway/checkpoint/CheckpointStore"
import type { Failure } from "spillway/checkpoint/RunRecord"
import { NanoUsd } from "spillway/cost/Money"
import * as SpendCount from "spillway/cost/SpendCount"
import { RunStopped } from "spillway/error/RunStopped"
import { Generate, type GenerateItem, type Outcome } from "spillway/generate/Generate"
import { type ModelResponse, noAnswer } from "spillway/request/ModelResponse"
import type { ActiveRun } from "spillway/run/ActiveRun"

export type Reply = ModelResponse | Failure

export const failure = (reason: string): Failure => ({
  reason,
  message: "it went wrong",
  advice: "Try again later.",
  retryable: true,
  billed: "no",
  attempts: 5
})

const ended = (item: GenerateItem, reply: Reply, from: "network" | "store"): Outcome => {
  const { index, key } = item
  if ("advice" in reply) return { _tag: "Failed", index, key, failure: reply, from }
  const reason = noAnswer(reply)
  return reason === undefined
    ? { _tag: "Answered", index, key, response: reply, from }
    : { _tag: "NoAnswer", index, key, reason, response: reply, from }
}

export interface Options {
  /** Stops the run, as billing would, once so many have been sent. */
  readonly stopAfter?: number
  /** What was sent, model and last message, in order. */
  readonly sent?: Array<string>
  readonly simulated?: boolean
  readonly mode?: Generate["Service"]["mode"]
}

export const layer = (
  reply: (prompt: string, item: GenerateItem) => Reply,
  {
    stopAfter = Number.POSITIVE_INFINITY,
    sent = [],
    simulated = false,
    mode = "online"
  }: Options = {}
) => {
  const one = Effect.fnUntraced(function* (item: GenerateItem, run: ActiveRun, retry: boolean) {
    const stored = (yield* run.journal.lookup([item.key])).get(item.key)
    if (stored?._tag === "Answered") {
      run.counters.fromStore++
      return ended(item, stored.response, "store")
    }
    if (stored?._tag === "Failed" && !retry) {
      run.counters.fromStore++
      return ended(item, stored.failure, "store")
    }
    const prompt = JSON.stringify(item.request.body.messages).match(/"([^"]*)"}]$/)?.[1] ?? ""
    const answer = reply(prompt, item)
    sent.push(`${item.request.model} ${prompt}`)
    run.counters.sent++
    const { key } = item
    yield* run.journal.append([
      "advice" in answer
        ? { _tag: "Failed", key, failure: answer, at: 0 }
        : { _tag: "Answered", key, attempt: 0, response: answer, at: 0 }
    ])
    if (!("advice" in answer)) {
      const bill = { ...answer, model: undefined }
      SpendCount.answered(run.counters, answer.mode ?? "online", bill, NanoUsd(answer.cost))
    }
    return ended(item, answer, "network")
  })
  const stopped = new RunStopped({ why: "billing", detail: "No credit left." })
  return Layer.succeed(
    Generate,
    Generate.of({
      provider: { id: "test", account: "test", simulated },
      mode,
      generateMany: (items, run, options) =>
        Stream.mapEffect(items, (item) =>
          Effect.suspend((): Effect.Effect<Outcome, StoreError | RunStopped> => {
            if (run.counters.sent >= stopAfter) run.stop(stopped)
            const stop = run.stopped(item.request.model)
            return stop === undefined
              ? one(item, run, options?.retryFailed ?? false)
              : Effect.fail(stop)
          })
        ),
      generate: () => Effect.die("not used")
    })
  )
}
