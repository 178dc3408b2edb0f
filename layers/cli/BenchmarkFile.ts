/** Loads a benchmark from a TypeScript or JavaScript file with a default export. */
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { Effect } from "effect"
import * as Benchmark from "../../src/benchmark/Benchmark.ts"
import { UsageError } from "./ExitCode.ts"

export const load = Effect.fn("BenchmarkFile.load")(function* (file: string) {
  const path = resolve(file)
  if (!existsSync(path)) {
    return yield* new UsageError({
      problem: `There is no file ${file}.`,
      fix: "Name a benchmark file."
    })
  }
  const loaded = yield* Effect.tryPromise({
    try: (): Promise<{ readonly default?: unknown }> => import(pathToFileURL(path).href),
    catch: (cause) =>
      new UsageError({
        problem: `${file} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
        fix: "It must be a module that this Node can run: no enums, namespaces or .tsx."
      })
  })
  return yield* Benchmark.fromModule(file, loaded)
})
