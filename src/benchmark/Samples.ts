/** From rows to the items of a benchmark: decoded, given a target and an id, the ids proved to be unique. */
import { Effect, type FileSystem, Predicate, Result, Schema, Stream } from "effect"
import * as Arr from "effect/Array"
import { type Digest, Sha256 } from "../checkpoint/Sha256.ts"
import { type Benchmark, isPrompt, type Prompt, promptsOf } from "./Benchmark.ts"
import { hash, textHash } from "./ContentHash.ts"
import { type Dataset, nameOf, type Row, rowsOrEmpty } from "./Dataset.ts"
import { DatasetError } from "./DatasetError.ts"
import { calls, schemaError } from "./ItemFault.ts"
import * as SeenIds from "./SeenIds.ts"

export interface Sample<out Item> {
  readonly item: Item
  readonly id: string
  /** Position in the dataset, from 0. */
  readonly index: number
  readonly line: number
  /** What is asked, by the name of the variant; the name is empty where the benchmark has one prompt. */
  readonly prompts: ReadonlyMap<string, Prompt>
  readonly target: string
  readonly tags: ReadonlyArray<string>
  /** The cluster it belongs to. */
  readonly group: string | undefined
}

export interface Options {
  /** Instead of the benchmark's own. */
  readonly dataset?: Dataset | undefined
  /** Prompt variants that are made, by name: those of a run's arms. Default: all of them. */
  readonly variants?: ReadonlyArray<string> | undefined
  /** Only the first so many items; with `skipInvalid`, of those that are left. */
  readonly limit?: number | undefined
  /**
   * Passes over items that do not fit the item schema. Files that cannot be read, ids given twice and functions of the
   * benchmark that throw are still errors: an item's form is not at fault there. Default false: the first one ends it.
   */
  readonly skipInvalid?: boolean | undefined
  /** Hears of every item that is passed over. */
  readonly onSkip?: ((error: DatasetError) => void) | undefined
}

/** What one pass over the dataset found. */
export interface Survey {
  /** Items that can be used. */
  readonly count: number
  /** Items passed over for `skipInvalid`. */
  readonly skipped: number
  /** The first of those, by line and field. */
  readonly invalid: ReadonlyArray<DatasetError>
}

/** Kept of the items that were passed over. */
const LISTED = 100

/**
 * One pass over the dataset, in its order. Every pass gives the same samples; the memory it takes is some 30 bytes an item.
 * Rows of equal content are samples of their own: `1f…`, `1f…#2`.
 */
export const samples = <Item, Answer>(
  benchmark: Benchmark<Item, Answer>,
  options: Options = {}
): Stream.Stream<Sample<Item>, DatasetError, FileSystem.FileSystem> =>
  pass(benchmark, options, true)

/** @param named `false` where nobody reads the ids: what a file holds can be named by its content, so none is looked at */
const pass = <Item, Answer>(
  benchmark: Benchmark<Item, Answer>,
  options: Options,
  named: boolean
): Stream.Stream<Sample<Item>, DatasetError, FileSystem.FileSystem> =>
  Stream.unwrap(
    Effect.map(Sha256, (digest) => {
      const { dataset = benchmark.dataset, limit, skipInvalid = false } = options
      const sampler = makeSampler(benchmark, nameOf(dataset), digest, {
        variants: options.variants,
        byContent: named || dataset._tag !== "File"
      })
      const rows = rowsOrEmpty(dataset)
      if (skipInvalid) return valid(Stream.zipWithIndex(rows), sampler, options)
      return (limit === undefined ? rows : Stream.take(rows, limit)).pipe(
        Stream.zipWithIndex,
        Stream.mapArrayEffect((page) => decodePage(page, sampler))
      )
    })
  )

/** What can be used and what not; fails at the first that cannot, but for `skipInvalid`. To be asked before anything is sent. */
export const survey = <Item, Answer>(
  benchmark: Benchmark<Item, Answer>,
  options: Options = {}
): Effect.Effect<Survey, DatasetError, FileSystem.FileSystem> =>
  Effect.suspend(() => {
    let skipped = 0
    const invalid: Array<DatasetError> = []
    const onSkip = (error: DatasetError) => {
      skipped += 1
      if (invalid.length < LISTED) invalid.push(error)
      options.onSkip?.(error)
    }
    return Stream.runFold(
      pass(benchmark, { ...options, onSkip }, false),
      () => 0,
      (sum) => sum + 1
    ).pipe(Effect.map((count) => ({ count, skipped, invalid })))
  })

/** How many can be used. */
export const count = <Item, Answer>(benchmark: Benchmark<Item, Answer>, options: Options = {}) =>
  Effect.map(survey(benchmark, options), (found) => found.count)

/** A page at a time and without an Effect for each row: this runs for every row of every pass. */
const decodePage = <Item>(
  page: Arr.NonEmptyReadonlyArray<readonly [Row, number]>,
  sampler: Sampler<Item>
): Effect.Effect<Arr.NonEmptyReadonlyArray<Sample<Item>>, DatasetError> =>
  attempt(() =>
    Arr.map(page, ([row, index]) =>
      sampler.sample(Result.getOrThrow(sampler.decode(row)), row, index)
    )
  )

const attempt = <A>(decode: () => A): Effect.Effect<A, DatasetError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(decode())
    } catch (error) {
      return error instanceof DatasetError ? Effect.fail(error) : Effect.die(error)
    }
  })

/** The items that fit their schema; where none does, the first one's error. Looks at none behind the limit. */
const valid = <Item, E, R>(
  rows: Stream.Stream<readonly [Row, number], E, R>,
  sampler: Sampler<Item>,
  { limit = Number.POSITIVE_INFINITY, onSkip = () => {} }: Options
): Stream.Stream<Sample<Item>, E | DatasetError, R> =>
  Stream.suspend(() => {
    let found = 0
    let first: DatasetError | undefined
    const decode = (page: ReadonlyArray<readonly [Row, number]>) => {
      const samples: Array<Sample<Item>> = []
      for (const [row, index] of page) {
        if (found >= limit) break
        const item = sampler.decode(row)
        if (Result.isFailure(item)) {
          first ??= item.failure
          onSkip(item.failure)
          continue
        }
        samples.push(sampler.sample(item.success, row, index))
        found += 1
      }
      return samples
    }
    const decoded = Stream.mapAccumArrayEffect(
      rows,
      () => undefined,
      (_, page) =>
        Effect.map(
          attempt(() => decode(page)),
          (samples) => [undefined, samples] as const
        )
    )
    const none = Stream.suspend(() =>
      found === 0 && first !== undefined ? Stream.fail(first) : Stream.empty
    )
    return Stream.concat(
      limit === Number.POSITIVE_INFINITY ? decoded : Stream.take(decoded, limit),
      none
    )
  })

interface Sampler<Item> {
  readonly decode: (row: Row) => Result.Result<Item, DatasetError>
  /** Throws `DatasetError`. */
  readonly sample: (item: Item, row: Row, index: number) => Sample<Item>
}

const makeSampler = <Item, Answer>(
  benchmark: Benchmark<Item, Answer>,
  path: string,
  digest: Digest,
  {
    byContent,
    variants
  }: {
    readonly variants: ReadonlyArray<string> | undefined
    /** Rows without an id of their own get one. */
    readonly byContent: boolean
  }
): Sampler<Item> => {
  const { id, target, tags, group } = benchmark
  const prompts = promptsOf(benchmark).filter(
    ([variant]) => variants === undefined || variants.includes(variant)
  )
  const decode = Schema.decodeUnknownResult(benchmark.item)
  /** Content hashes with how often they came; or the benchmark's own ids, with the line they came from. */
  const seen = SeenIds.make()

  const distinct = (given: string, file: string, line: number): string => {
    const first = seen.set(textHash(digest, given), () => line)
    if (first === 0 && given !== "") return given
    throw new DatasetError({
      path: file,
      line,
      problem:
        given === ""
          ? "Its id is empty."
          : `Its id ${quoted(given)} was given to line ${first} already.`,
      fix: "Give every item an id of its own, or leave out the benchmark's `id`."
    })
  }

  const contentId = (value: unknown): string => {
    if (!byContent) return ""
    const name = hash(digest, value)
    const before = seen.set(name, increment)
    return before === 0 ? name : `${name}#${before + 1}`
  }

  return {
    decode: (row: Row): Result.Result<Item, DatasetError> =>
      Result.mapError(decode(row.value), (error) => schemaError(row.path ?? path, row, error)),
    sample: (item: Item, row: Row, index: number): Sample<Item> => {
      const { line, value } = row
      const file = row.path ?? path
      const own = calls(file, line)
      return {
        item,
        id:
          id === undefined
            ? contentId(value)
            : distinct(
                own("id", Predicate.isString, () => id(item, index)),
                file,
                line
              ),
        index,
        line,
        prompts: new Map(
          prompts.map(([variant, prompt]) => {
            const name = variant === "" ? "prompt" : `prompt.${variant}`
            return [variant, own(name, isPrompt, () => prompt(item))]
          })
        ),
        target: own("target", Predicate.isString, () => target(item)),
        tags: tags === undefined ? none : own("tags", isTexts, () => tags(item)),
        group: group === undefined ? undefined : own("group", isGroup, () => group(item))
      }
    }
  }
}

const increment = (count: number): number => count + 1

const none: ReadonlyArray<string> = []

const isTexts = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every(Predicate.isString)

const isGroup = (value: unknown): value is string | undefined =>
  value === undefined || typeof value === "string"

const quoted = (id: string) => JSON.stringify(id.length > 60 ? `${id.slice(0, 60)}…` : id)
