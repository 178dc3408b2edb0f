/** From rows to the items of a benchmark: decoded, given a target and an id, the ids proved to be unique. */
import canonicalize from "canonicalize"
import { Effect, type FileSystem, Predicate, Result, Schema, SchemaIssue, Stream } from "effect"
import * as Arr from "effect/Array"
import { type Digest, Sha256 } from "../checkpoint/Sha256.ts"
import type { Benchmark, Prompt } from "./Benchmark.ts"
import { type Dataset, nameOf, type Row, rowsOrEmpty } from "./Dataset.ts"
import { DatasetError } from "./DatasetError.ts"

export interface Sample<out Item> {
  readonly item: Item
  readonly id: string
  /** Position in the dataset, from 0. */
  readonly index: number
  readonly line: number
  readonly prompt: Prompt
  readonly target: string
}

export interface Options {
  /** Instead of the benchmark's own. */
  readonly dataset?: Dataset | undefined
  /** Only the first so many items. */
  readonly limit?: number | undefined
}

/**
 * One pass over the dataset, in its order. Every pass gives the same samples; the memory it takes is one id an item.
 * Rows of equal content are samples of their own: `1f…`, `1f…#2`.
 */
export const samples = <Item>(
  benchmark: Benchmark<Item>,
  options: Options = {}
): Stream.Stream<Sample<Item>, DatasetError, FileSystem.FileSystem> =>
  Stream.unwrap(
    Effect.map(Sha256, (digest) => {
      const dataset = options.dataset ?? benchmark.dataset
      const sampleOf = sampler(benchmark, nameOf(dataset), digest)
      const rows = rowsOrEmpty(dataset)
      return (options.limit === undefined ? rows : Stream.take(rows, options.limit)).pipe(
        Stream.zipWithIndex,
        Stream.mapArrayEffect((page) => decodePage(page, sampleOf))
      )
    })
  )

/** How many there are; fails at the first that cannot be used. To be asked before anything is sent. */
export const count = <Item>(benchmark: Benchmark<Item>, options: Options = {}) =>
  Stream.runFold(
    samples(benchmark, options),
    () => 0,
    (sum) => sum + 1
  )

/** A page at a time and without an Effect for each row: this runs for every row of every pass. */
const decodePage = <Item>(
  page: Arr.NonEmptyReadonlyArray<readonly [Row, number]>,
  sampleOf: (row: Row, index: number) => Sample<Item>
): Effect.Effect<Arr.NonEmptyReadonlyArray<Sample<Item>>, DatasetError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(Arr.map(page, ([row, index]) => sampleOf(row, index)))
    } catch (error) {
      return error instanceof DatasetError ? Effect.fail(error) : Effect.die(error)
    }
  })

/** Throws `DatasetError`. */
const sampler = <Item>(benchmark: Benchmark<Item>, path: string, digest: Digest) => {
  const { id, prompt, target } = benchmark
  const decode = Schema.decodeUnknownResult(benchmark.item)
  /** Content hashes with how often they came; or the benchmark's own ids, with the line they came from. */
  const seen = new Map<string, number>()

  const distinct = (given: string, line: number): string => {
    const first = seen.get(given)
    seen.set(given, line)
    if (first === undefined && given !== "") return given
    throw new DatasetError({
      path,
      line,
      problem:
        given === ""
          ? "Its id is empty."
          : `Its id ${quoted(given)} was given to line ${first} already.`,
      fix: "Give every item an id of its own, or leave out the benchmark's `id`."
    })
  }

  const contentId = (value: unknown): string => {
    const hash = digest(canonical(value)).slice(0, HASH_DIGITS)
    const before = seen.get(hash) ?? 0
    seen.set(hash, before + 1)
    return before === 0 ? hash : `${hash}#${before + 1}`
  }

  return ({ line, value }: Row, index: number): Sample<Item> => {
    const decoded = decode(value)
    if (Result.isFailure(decoded)) throw schemaError(path, line, decoded.failure)
    const item = decoded.success
    const own = calls(path, line)
    return {
      item,
      id:
        id === undefined
          ? contentId(value)
          : distinct(
              own("id", Predicate.isString, () => id(item, index)),
              line
            ),
      index,
      line,
      prompt: own("prompt", isPrompt, () => prompt(item)),
      target: own("target", Predicate.isString, () => target(item))
    }
  }
}

/** Calls the benchmark's own functions; what they throw or return amiss is the fault of that line or of that function. */
const calls =
  (path: string, line: number) =>
  <A>(name: string, is: (value: unknown) => value is A, call: () => unknown): A => {
    let value: unknown
    let problem = "did not return what it should"
    try {
      value = call()
    } catch (error) {
      problem = `threw ${error instanceof Error ? error.name : "a value"}`
    }
    if (is(value)) return value
    throw new DatasetError({
      path,
      line,
      problem: `The benchmark's \`${name}\` ${problem} for this item.`,
      fix: `Correct \`${name}\`, or let the item schema refuse such rows.`
    })
  }

const isPrompt = (value: unknown): value is Prompt =>
  typeof value === "string" || (typeof value === "object" && value !== null)

const quoted = (id: string) => JSON.stringify(id.length > 60 ? `${id.slice(0, 60)}…` : id)

/** 64 bits: two among a million different rows meet with a chance below 1 in 10,000,000. */
const HASH_DIGITS = 16

/** Canonical JSON refuses some values that JSON takes: only those pay for a copy without them. */
const canonical = (value: unknown): string => {
  try {
    return canonicalize(value) ?? ""
  } catch {
    return canonicalize(JSON.parse(JSON.stringify(value, wellFormed))) ?? ""
  }
}

/** What JSON or UTF-8 cannot write: half a surrogate pair, and integers beyond a double. */
const wellFormed = (_: string, value: unknown): unknown => {
  if (typeof value === "bigint") return String(value)
  return typeof value === "string" ? value.toWellFormed() : value
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const schemaError = (path: string, line: number, error: Schema.SchemaError): DatasetError => {
  const [first] = format(error.issue).issues
  const field = (first?.path ?? []).reduce<string>((text, segment) => {
    const key = typeof segment === "object" ? segment.key : segment
    if (typeof key === "number") return `${text}[${key}]`
    return text === "" ? String(key) : `${text}.${String(key)}`
  }, "")
  return new DatasetError({
    path,
    line,
    ...(field === "" ? {} : { field }),
    problem: `The item does not fit its schema: ${first?.message ?? "it is of another form"}.`,
    fix: "Correct the item, or the benchmark's `item` schema."
  })
}
