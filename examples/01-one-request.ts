/**
 * One request. The simulated OpenAI answers it, in this process: no key, no network, no cost.
 * For the real API provide `Live.layer()` instead of `Offline.layer()`, and set OPENAI_API_KEY.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { Generate, GenerateRequest, Money } from "spillway"
import * as Offline from "spillway/layers/presets/Offline"

const program = Effect.gen(function* () {
  const response = yield* Generate.generate(
    GenerateRequest.make({
      model: "gpt-6-luna",
      prompt: "What does a spillway do, in two sentences?",
      maxOutputTokens: 200
    })
  )
  yield* Console.log(response.text)
  yield* Console.log(
    `${response.servedModel}: ${response.usage.input} tokens in, ${response.usage.output} out, ` +
      `${Money.format(Money.NanoUsd(response.cost))}, ${Math.round(response.latencyMs)} ms, ` +
      `${response.attempts} attempt${response.simulated ? ", simulated" : ""}`
  )
})

program.pipe(Effect.provide(Offline.layer({ seed: 1 })), NodeRuntime.runMain)
