/**
 * Worked examples for prompts, taken from a dataset and put into each row, where the item schema finds them. So they are
 * part of what identifies an item: other examples, other requests.
 */
import canonicalize from "canonicalize"
import { Effect, type FileSystem, Stream } from "effect"
import { digest, type Seeded, seeded } from "../../random/Seeded.ts"
import type { Row } from "../Dataset.ts"
import { DatasetError } from "../DatasetError.ts"
import { checked, type Rows, type Step } from "./DatasetSteps.ts"

export interface FewShot {
  /** Examples of each item. */
  readonly count: number
  /** Draws other examples for each item, the same for the same seed, item and pool. Default: the pool's first for all. */
  readonly seed?: number | undefined
  /** Examples that agree with the item in this field only, as MMLU's of one subject. Default: all of the pool. */
  readonly by?: string | undefined
  /** The field that the examples are put into, as a list of the pool's values. Default `examples`. */
  readonly field?: string | undefined
}

/** Rows of the pool, which is held in memory. */
const MAX_POOL = 10_000

interface Example {
  readonly value: unknown
  readonly content: string
}

/** An item that is in the pool itself, by its content, is never its own example. */
export const withExamples =
  (pool: Rows, poolPath: string, options: FewShot): Step =>
  (rows, path) =>
    checked(path, [
      ["count", options.count, 1],
      ["seed", options.seed ?? 0, Number.MIN_SAFE_INTEGER]
    ]) ??
    Stream.unwrap(
      Effect.map(load(pool, poolPath), (examples) => {
        const { by } = options
        const fitting =
          by === undefined
            ? undefined
            : Map.groupBy(examples, ({ value }) => contentOf(fieldOf(value, by)))
        return Stream.mapEffect(rows, (row) =>
          given(
            row,
            row.path ?? path,
            fitting === undefined || by === undefined
              ? examples
              : (fitting.get(contentOf(fieldOf(row.value, by))) ?? []),
            options
          )
        )
      })
    )

const load = (
  pool: Rows,
  path: string
): Effect.Effect<ReadonlyArray<Example>, DatasetError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const rows = yield* Stream.runCollect(Stream.take(pool, MAX_POOL + 1))
    if (rows.length > MAX_POOL) {
      return yield* new DatasetError({
        path,
        problem: `As a pool of examples it has more than ${MAX_POOL} rows.`,
        fix: "Take a part of it, as `Dataset.sample(dataset, { count: 1000 })`."
      })
    }
    return rows.map(({ value }) => ({ value, content: contentOf(value) }))
  })

const fieldOf = (value: unknown, field: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, field)
    ? Reflect.get(value, field)
    : undefined

const contentOf = (value: unknown): string => {
  try {
    return canonicalize(value) ?? ""
  } catch {
    return JSON.stringify(value) ?? ""
  }
}

const given = (
  row: Row,
  path: string,
  examples: ReadonlyArray<Example>,
  { by, count, seed, field = "examples" }: FewShot
): Effect.Effect<Row, DatasetError> => {
  const { value, line } = row
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const problem = "It is not an object, so it cannot be given examples."
    return Effect.fail(
      new DatasetError({ path, line, problem, fix: "Make it one with `Dataset.map`." })
    )
  }
  const content = contentOf(value)
  const random = seed === undefined ? undefined : seeded(seed, "few-shot", digest(content))
  const chosen = choose(examples, count, content, random)
  if (chosen.length < count) {
    const agreeing = by === undefined ? "" : ` that agree with it in \`${by}\``
    const problem = `The pool has ${chosen.length} examples for it${agreeing}, fewer than ${count}.`
    return Effect.fail(
      new DatasetError({ path, line, problem, fix: "Ask for fewer, or give a larger pool." })
    )
  }
  return Effect.succeed({ ...row, value: { ...value, [field]: chosen } })
}

/** The first that are not the item, or as many drawn without putting back (the head of a shuffle). */
const choose = (
  examples: ReadonlyArray<Example>,
  count: number,
  content: string,
  random: Seeded | undefined
): ReadonlyArray<unknown> => {
  const chosen: Array<unknown> = []
  /** Where a shuffle has moved things: its head only, so that a large pool is not copied for every item. */
  const moved = new Map<number, number>()
  for (let at = 0; at < examples.length && chosen.length < count; at++) {
    const other = random === undefined ? at : at + random.below(examples.length - at)
    const example = examples[moved.get(other) ?? other]
    moved.set(other, moved.get(at) ?? at)
    if (example !== undefined && example.content !== content) chosen.push(example.value)
  }
  return chosen
}
