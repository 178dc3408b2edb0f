/**
 * One step, in a process of its own. `fill`: all items but the last are answered and delivered. `resume`: from opening that
 * store until the request of the last item is with the provider; prints one line of JSON.
 * Usage: one.ts fill|resume run|benchmark ITEMS sqlite|postgres PLACE DATASET
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect, Layer } from "effect"
import * as NodeSha256 from "spillway/layers/checkpoint/NodeSha256"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as OnlineGraph from "spillway/layers/presets/OnlineGraph"
import * as InstantGenerate from "./InstantGenerate.ts"
import * as Items from "./Items.ts"
import * as Provider from "./Provider.ts"

const [step = "", kind = "", count = "", storeKind = "", place = "", dataset = ""] =
  process.argv.slice(2)
const total = Number(count)

// Only what the work needs is loaded: modules take memory, and the memory is measured.
const Store = await import(storeKind === "postgres" ? "./PostgresStore.ts" : "./SqliteStore.ts")
const Work: typeof import("./PlainWork.ts") = await import(
  kind === "run" ? "./PlainWork.ts" : "./BenchmarkWork.ts"
)

const base = Layer.mergeAll(
  Store.layer(place) as ReturnType<typeof import("./SqliteStore.ts")["layer"]>,
  BuiltInModelCatalog.layer,
  NodeSha256.layer,
  NodeFileSystem.layer
)

if (step === "fill") {
  const graph = Layer.provideMerge(InstantGenerate.layer, base)
  await Effect.runPromise(Effect.provide(Work.fill(total - 1, dataset), graph))
} else {
  const last = JSON.stringify(Items.questionOf(total - 1))
  const usedBefore = process.cpuUsage()
  const began = performance.now()
  const transport = Provider.layer((body) => {
    const seconds = (performance.now() - began) / 1000
    const { system, user } = process.cpuUsage(usedBefore)
    if (!JSON.stringify(body).includes(last)) {
      throw new Error("Another item was sent than the last one.")
    }
    console.log(
      JSON.stringify({
        resumeSeconds: Math.round(seconds * 100) / 100,
        cpuSeconds: Math.round((system + user) / 10_000) / 100,
        peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024)
      })
    )
    process.exit(0)
  })
  const graph = OnlineGraph.layer.pipe(Layer.provideMerge(transport), Layer.provideMerge(base))
  await Effect.runPromise(Effect.provide(Work.resume(total, dataset), graph))
  throw new Error("Nothing was sent.")
}
