/** Loads a benchmark from a TypeScript or JavaScript file with a default export, or what else such a file exports. */
import { statSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { Effect } from "effect"
import * as Benchmark from "../../src/benchmark/Benchmark.ts"
import { oneLine } from "../../src/report/PlainText.ts"
import { UsageError } from "./ExitCode.ts"

export const load = Effect.fn("BenchmarkFile.load")(function* (file: string) {
  return yield* Benchmark.fromModule(
    file,
    yield* imported(file, "with a benchmark as default export")
  )
})

/** @param what the file should be, as it follows "file" in a sentence */
export const imported = Effect.fn("BenchmarkFile.imported")(function* (file: string, what: string) {
  const path = resolve(file)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isFile() !== true) {
    return yield* new UsageError({
      problem: found === undefined ? `There is no file ${file}.` : `${file} is not a file.`,
      fix: `Name a TypeScript or JavaScript file ${what}.`
    })
  }
  return yield* Effect.tryPromise({
    try: (): Promise<Readonly<Record<string, unknown>>> => import(pathToFileURL(path).href),
    catch: (cause) =>
      new UsageError({
        problem: `${file} cannot be loaded: ${reasonOf(cause)}.`,
        fix: fixOf(cause)
      })
  })
})

const reasonOf = (cause: unknown): string => {
  const message = oneLine(cause instanceof Error ? cause.message : String(cause))
  return message.replace(/\.$/, "") || "it threw an error without a message"
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause ? String(cause.code) : ""

const fixOf = (cause: unknown): string => {
  const code = codeOf(cause)
  if (code === "ERR_MODULE_NOT_FOUND") {
    return "Install the package beside the file, or correct the import (a file's with its extension)."
  }
  if (code === "ERR_UNKNOWN_FILE_EXTENSION" || code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") {
    return "Node runs .ts, .js and .mjs files whose types can be erased: no enums, namespaces or .tsx."
  }
  return cause instanceof SyntaxError || code === "ERR_INVALID_TYPESCRIPT_SYNTAX"
    ? "Correct its syntax."
    : "The error was thrown while the file was imported: correct it there."
}
