/**
 * Two programs on one quota: both send as fast as they like, and together stay below the provider's limits, because a Redis
 * keeps count for them. Here they share a process for the sake of the example; on a server each is one, started with
 * `SPILLWAY_REDIS_URL=redis://…` (or `spillway run … --redis redis://…`) and nothing else changed. Without a Redis there
 * is nothing to share, and the example says so.
 */
import { createConnection } from "node:net"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer, Redacted, Stream } from "effect"
import { GenerateRequest, RateLimitConfig, Run } from "spillway"
import { RedisConfig } from "spillway/config/RedisConfig"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as ValuesConfig from "spillway/layers/config/ValuesConfig"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as OnlineGraph from "spillway/layers/presets/OnlineGraph"
import * as HttpSimulator from "spillway/layers/simulator/HttpSimulator"
import * as SdkOpenAiTransport from "spillway/layers/transport/SdkOpenAiTransport"

const url = new URL(process.env.SPILLWAY_REDIS_URL ?? "redis://127.0.0.1:6379")

const answers = Effect.callback<boolean>((resume) => {
  const socket = createConnection({ host: url.hostname, port: Number(url.port || 6379) })
  const end = (there: boolean) => {
    socket.destroy()
    resume(Effect.succeed(there))
  }
  socket.setTimeout(1_000, () => end(false))
  socket.once("connect", () => end(true))
  socket.once("error", () => end(false))
})

/** Everything that one program has, its connection to Redis included. */
const programOf = (baseUrl: string) =>
  Layer.fresh(
    OnlineGraph.layer.pipe(
      Layer.provide(SdkOpenAiTransport.layer),
      Layer.provide(ValuesConfig.layer({ apiKey: "sk-simulated", baseUrl })),
      Layer.provideMerge(BuiltInModelCatalog.layer),
      Layer.merge(MemoryCheckpointStore.layer),
      Layer.provide(Layer.succeed(RedisConfig, { url: Redacted.make(url.href) })),
      Layer.provide(
        Layer.succeed(RateLimitConfig.RateLimitConfig, {
          ...RateLimitConfig.defaults,
          maxInFlight: 8
        })
      )
    )
  )

const work = (name: string) =>
  Run.make({
    name,
    request: (n: number) =>
      GenerateRequest.fromBody("chat", {
        model: "gpt-4o-mini",
        messages: [{ role: "user", content: `Parcel ${n} of ${name}: late or in time?` }],
        max_completion_tokens: 100
      })
  })

const program = Effect.gen(function* () {
  // Each program alone would come through at once; both together ask for more than the bucket holds.
  const limits = { requestsPerMinute: 600, tokensPerMinute: 12_000 }
  const server = yield* HttpSimulator.make({ limits, latency: 0.1 })
  const deliver = (name: string) =>
    Run.deliver(work(name), Stream.range(1, 58), () => Effect.void).pipe(
      Effect.provide(programOf(server.url))
    )
  const reports = yield* Effect.all([deliver("morning"), deliver("evening")], {
    concurrency: "unbounded"
  })
  const answered = reports.reduce((sum, report) => sum + report.requests.answered, 0)
  const { rateLimited } = yield* server.stats
  yield* Console.log(
    `Two programs, one quota: ${answered} answers, ${rateLimited} refused with 429.`
  )
}).pipe(Effect.scoped)

Effect.flatMap(answers, (there) =>
  there
    ? program
    : Console.log(`Skipped: no Redis answers at ${url.host}. Set SPILLWAY_REDIS_URL to name one.`)
).pipe(NodeRuntime.runMain)
