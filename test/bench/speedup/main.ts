/**
 * The same requests one after another, as a plain script sends them, and through Spillway: `npm run -s bench:speedup`.
 * Both talk HTTP to a simulated provider with realistic latency, in a process of its own; Spillway keeps its answers in a
 * durable store. `ideal` is what no client can beat: the longest single request, or all of them shared out over the
 * in-flight cap. The quota does not bind here.
 *
 * `-- --json` prints one line; `--requests N` (default 500), `--latency FACTOR` (default 1), `--seed N`.
 */
import { fork } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Effect, Layer, Stream } from "effect"
import OpenAI from "openai"
import { GenerateRequest, RateLimitConfig, Run } from "spillway"
import * as SqliteCheckpointStore from "spillway/layers/checkpoint/SqliteCheckpointStore"
import * as ValuesConfig from "spillway/layers/config/ValuesConfig"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as OnlineGraph from "spillway/layers/presets/OnlineGraph"
import * as SdkOpenAiTransport from "spillway/layers/transport/SdkOpenAiTransport"

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    requests: { type: "string", default: "500" },
    latency: { type: "string", default: "1" },
    seed: { type: "string", default: "1" }
  }
})
const REQUESTS = Number(values.requests)

/** A short classification: the kind of request that people send by the thousand. */
const bodyOf = (n: number) => ({
  model: "gpt-4o-mini",
  messages: [
    { role: "system" as const, content: "Answer with one word: positive, neutral or negative." },
    { role: "user" as const, content: `Review ${n}: the parcel came after ${n % 11} days.` }
  ],
  max_completion_tokens: 8
})

const provider = fork(join(import.meta.dirname, "provider.ts"), [values.seed, values.latency], {
  execArgv: ["-C", "spillway-source"]
})
const baseUrl = await new Promise<string>((resolve, reject) => {
  provider.once("message", (url) => resolve(String(url)))
  provider.once("exit", (code) => reject(new Error(`The provider ended with ${code}`)))
})

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

const latencies: Array<number> = []
const sequentially = async () => {
  const client = new OpenAI({ apiKey: "sk-simulated", baseURL: baseUrl, maxRetries: 0 })
  for (let n = 0; n < REQUESTS; n++) {
    latencies.push(await seconds(() => client.chat.completions.create(bodyOf(n))))
  }
}

const throughSpillway = () => {
  const folder = mkdtempSync(join(tmpdir(), "spillway-speedup-"))
  const graph = OnlineGraph.layer.pipe(
    Layer.provide(SdkOpenAiTransport.layer),
    Layer.provide(ValuesConfig.layer({ apiKey: "sk-simulated", baseUrl })),
    Layer.provideMerge(BuiltInModelCatalog.layer),
    Layer.merge(SqliteCheckpointStore.layer({ filename: join(folder, "speedup.sqlite") }))
  )
  const run = Run.make({
    name: "speedup",
    request: (n: number) => GenerateRequest.fromBody("chat", bodyOf(n))
  })
  const program = Effect.gen(function* () {
    const report = yield* Run.deliver(run, Stream.range(0, REQUESTS - 1), () => Effect.void)
    const { answered, noAnswer } = report.requests
    if (answered + noAnswer !== REQUESTS)
      throw new Error(`${answered + noAnswer} of ${REQUESTS} were answered`)
  })
  return Effect.runPromise(Effect.provide(program, graph)).finally(() =>
    rmSync(folder, { recursive: true, force: true })
  )
}

// First, on a full quota: the sequential run never comes near it.
const spillwaySeconds = await seconds(throughSpillway)
const sequentialSeconds = await seconds(sequentially)
provider.disconnect()

const { maxInFlight } = RateLimitConfig.defaults
const sum = latencies.reduce((total, latency) => total + latency, 0)
const idealSeconds = Math.max(...latencies, sum / maxInFlight)
const round = (value: number) => Number(value.toFixed(2))
const result = {
  sequentialSeconds: round(sequentialSeconds),
  spillwaySeconds: round(spillwaySeconds),
  idealSeconds: round(idealSeconds),
  speedup: round(sequentialSeconds / spillwaySeconds),
  ofIdeal: round(idealSeconds / spillwaySeconds)
}
if (values.json) console.log(JSON.stringify(result))
else {
  console.log(
    `${REQUESTS} requests: ${result.sequentialSeconds} s one after another, ${result.spillwaySeconds} s through`
  )
  console.log(
    `Spillway: ${result.speedup} times as fast, where ${result.idealSeconds} s is the ideal.`
  )
}
