/**
 * One client in a process of its own: sends the same requests at the same concurrency, and tells its parent what each
 * cost in CPU, how many a second there were, and the peak of its memory.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Duration, Effect, Layer, Redacted, Stream } from "effect"
import OpenAI from "openai"
import { GenerateRequest, OpenAiConfig, Progress, RateLimitConfig, Run } from "spillway"
import { Generate } from "spillway/generate/Generate"
import * as SqliteCheckpointStore from "spillway/layers/checkpoint/SqliteCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as OnlineGraph from "spillway/layers/presets/OnlineGraph"
import * as SdkOpenAiTransport from "spillway/layers/transport/SdkOpenAiTransport"
import * as ItemPreparation from "spillway/run/ItemPreparation"
import * as RunProcess from "spillway/run/RunProcess"
import { Pool } from "undici"

export interface Sample {
  readonly cpuMicrosPerRequest: number
  readonly requestsPerSecond: number
  readonly peakRssMb: number
}

const [kind = "", port = "", count = "", concurrency = "64"] = process.argv.slice(2)
const REQUESTS = Number(count)
const IN_FLIGHT = Number(concurrency)
/** As many again before measuring: a larger program takes longer to be compiled, and it is the steady state that counts. */
const WARM_UP = REQUESTS
const origin = `http://127.0.0.1:${port}`

/** About 600 bytes, each different: equal ones would share an answer. */
const bodyOf = (n: number) => ({
  model: "gpt-4o-mini",
  messages: [
    { role: "system" as const, content: "You are a careful assistant. Answer in one word." },
    {
      role: "user" as const,
      content: `Question ${n}: ${"Which number follows from the facts given here? ".repeat(9)}`
    }
  ],
  max_completion_tokens: 100
})

/** `IN_FLIGHT` workers share one counter. */
const pool = async (from: number, to: number, send: (n: number) => Promise<unknown>) => {
  let next = from
  const worker = async () => {
    while (next < to) await send(next++)
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
}

const measured = async (work: (from: number, to: number) => Promise<void>): Promise<Sample> => {
  await work(0, WARM_UP)
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work(WARM_UP, WARM_UP + REQUESTS)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return {
    cpuMicrosPerRequest: (user + system) / REQUESTS,
    requestsPerSecond: REQUESTS / seconds,
    peakRssMb: process.resourceUsage().maxRSS / 1024
  }
}

const undici = () => {
  const client = new Pool(origin, { connections: IN_FLIGHT })
  return measured((from, to) =>
    pool(from, to, async (n) => {
      const response = await client.request({
        path: "/v1/chat/completions",
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer sk-bench" },
        body: JSON.stringify(bodyOf(n))
      })
      return await response.body.json()
    })
  )
}

const openai = () => {
  const client = new OpenAI({ apiKey: "sk-bench", baseURL: `${origin}/v1`, maxRetries: 0 })
  return measured((from, to) => pool(from, to, (n) => client.chat.completions.create(bodyOf(n))))
}

/** The full stack: limiter, breaker, retry, timeout, decoding, content key, durable store, progress. */
const spillway = (): Promise<Sample> => {
  const folder = mkdtempSync(join(tmpdir(), "spillway-bench-"))
  const graph = OnlineGraph.layer.pipe(
    Layer.provideMerge(SdkOpenAiTransport.layer),
    Layer.provideMerge(BuiltInModelCatalog.layer),
    Layer.provideMerge(SqliteCheckpointStore.layer({ filename: join(folder, "bench.sqlite") })),
    Layer.provide(
      Layer.mergeAll(
        Layer.succeed(OpenAiConfig.OpenAiConfig, {
          apiKey: Redacted.make("sk-bench"),
          baseUrl: `${origin}/v1`,
          organization: undefined,
          project: undefined,
          proxy: undefined,
          noProxy: undefined,
          extraCa: undefined,
          simulatedSeed: undefined
        }),
        Layer.succeed(RateLimitConfig.RateLimitConfig, {
          ...RateLimitConfig.defaults,
          maxInFlight: IN_FLIGHT,
          requestsPerMinute: 100_000_000,
          tokensPerMinute: 100_000_000_000
        })
      )
    )
  )
  const run = Run.make({
    name: "bench",
    request: (n: number) => GenerateRequest.fromBody("chat", bodyOf(n))
  })
  const program = Effect.gen(function* () {
    const { provider } = yield* Generate
    const active = yield* Run.open(run)
    yield* Effect.forkScoped(
      Stream.runDrain(Progress.stream(active, { every: Duration.millis(200) }))
    )
    const services = yield* Effect.context<
      Generate | import("spillway/model/ModelCatalog").ModelCatalog
    >()
    const promise = Effect.runPromiseWith(services)
    return yield* Effect.promise(() =>
      measured(async (from, to) => {
        const items = Stream.range(from, to - 1)
        const prepared = ItemPreparation.prepare(
          run,
          items,
          ItemPreparation.rulesOf(active, provider)
        )
        await promise(RunProcess.process(run, active, prepared, () => Effect.void))
        if (active.counters.failed > 0) throw new Error("requests failed")
      })
    )
  })
  return Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(graph))).finally(() =>
    rmSync(folder, { recursive: true, force: true })
  )
}

const clients: Record<string, () => Promise<Sample>> = { undici, openai, spillway }
const client = clients[kind]
if (client === undefined) throw new Error(`Unknown client ${kind}`)
process.send?.(await client())
process.exit(0)
