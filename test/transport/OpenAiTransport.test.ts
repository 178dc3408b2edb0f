import { Effect, Layer } from "effect"
import * as ScriptedOpenAiTransport from "spillway/layers/transport/ScriptedOpenAiTransport"
import type { JsonObject } from "spillway/request/GenerateRequest"
import { OpenAiTransport } from "spillway/transport/OpenAiTransport"
import { openAiTransportContract } from "../contracts/OpenAiTransportContract.ts"
import * as Loopback from "./Loopback.ts"

openAiTransportContract("scripted", (steps) =>
  Effect.map(ScriptedOpenAiTransport.make(steps), ({ service }) => service)
)

/** The same steps, played by a server on this machine. */
openAiTransportContract("the openai package over HTTP", (steps) =>
  Effect.gen(function* () {
    let calls = 0
    const origin = yield* Loopback.serve((request, text, response) => {
      const n = calls++
      const step = steps[n]
      const body: JsonObject = JSON.parse(text)
      const call = { path: request.url ?? "", body }
      const played = step && ScriptedOpenAiTransport.respond(step, call, n, body.stream === true)
      if (played !== undefined) response.writeHead(played.status, played.headers).end(played.body)
      else if (step?._tag === "Disconnect") request.socket.destroy()
    })
    const context = yield* Layer.build(Loopback.transport(`${origin}/v1`))
    return yield* Effect.provide(OpenAiTransport, context)
  })
)
