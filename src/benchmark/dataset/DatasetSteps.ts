/**
 * What is done to rows between a dataset's source and its benchmark, a step a function: `Dataset.ts` hangs them onto
 * datasets. Rows stay a stream; what a step holds in memory is said at each.
 */
import { Effect, type FileSystem, Stream } from "effect"
import { seeded } from "../../random/Seeded.ts"
import type { Row } from "../Dataset.ts"
import { DatasetError } from "../DatasetError.ts"

export type Rows = Stream.Stream<Row, DatasetError, FileSystem.FileSystem>

/** @param path names the dataset in errors, where a row does not */
export type Step = (rows: Rows, path: string) => Rows

/** Holds nothing. */
export const filter =
  (keep: (value: unknown, line: number) => boolean): Step =>
  (rows, path) =>
    mapRows(rows, path, "filter", (row) => (keep(row.value, row.line) ? row : undefined))

/** Holds nothing. */
export const map =
  (change: (value: unknown, line: number) => unknown): Step =>
  (rows, path) =>
    mapRows(rows, path, "map", (row) => ({ ...row, value: change(row.value, row.line) }))

/** A page at a time; what the function throws is the fault of that row. */
const mapRows = (
  rows: Rows,
  path: string,
  name: string,
  change: (row: Row) => Row | undefined
): Rows =>
  Stream.mapAccumArrayEffect(
    rows,
    () => undefined,
    (_, page) =>
      Effect.suspend(() => {
        const kept: Array<Row> = []
        for (const row of page) {
          try {
            const changed = change(row)
            if (changed !== undefined) kept.push(changed)
          } catch (error) {
            const what = error instanceof Error ? error.name : "a value"
            return new DatasetError({
              path: row.path ?? path,
              line: row.line,
              problem: `The dataset's \`${name}\` function threw ${what} for this item.`,
              fix: "Correct the function."
            })
          }
        }
        return Effect.succeed([undefined, kept] as const)
      })
  )

export interface Slice {
  /** Rows passed over. Default 0. */
  readonly offset?: number | undefined
  /** The most rows that are left. Default: all. */
  readonly limit?: number | undefined
}

/** Holds nothing, and reads no further than it needs. */
export const slice =
  ({ offset = 0, limit }: Slice): Step =>
  (rows, path) =>
    checked(path, [
      ["offset", offset, 0],
      ["limit", limit ?? 0, 0]
    ]) ??
    ((rest: Rows) => (limit === undefined ? rest : Stream.take(rest, limit)))(
      offset === 0 ? rows : Stream.drop(rows, offset)
    )

export interface Sample {
  /** Rows to take; all where there are fewer. */
  readonly count: number
  /** The same seed takes the same rows of the same dataset. Default 0. */
  readonly seed?: number | undefined
}

/**
 * Every set of `count` rows is as likely as any other (reservoir sampling: Vitter 1985, algorithm R); they stay in their
 * order. Holds `count` rows, and gives the first one when it has read the last.
 */
export const sample =
  ({ count, seed = 0 }: Sample): Step =>
  (rows, path) =>
    checked(path, [
      ["count", count, 1],
      ["seed", seed, Number.MIN_SAFE_INTEGER]
    ]) ??
    Stream.suspend(() => {
      const random = seeded(seed, "dataset sample")
      const kept: Array<{ readonly row: Row; readonly index: number }> = []
      let index = 0
      const take = (row: Row) => {
        if (kept.length < count) kept.push({ row, index })
        else {
          const slot = random.below(index + 1)
          if (slot < count) kept[slot] = { row, index }
        }
        index += 1
      }
      return afterAll(rows, take, () =>
        kept.sort((a, b) => a.index - b.index).map(({ row }) => row)
      )
    })

export interface Shuffle {
  /** The same seed gives the same order of the same dataset. Default 0. */
  readonly seed?: number | undefined
  /** Rows held at once. Default 100,000. */
  readonly hold?: number | undefined
}

/**
 * Every order is equally likely where the rows fit into `hold` (Fisher and Yates). Of more, each row that comes takes the
 * place of a random one that is held and now goes: a row may move back as far as chance has it, but forward by no more
 * than `hold`. For an even order of a larger dataset, hold as many as there are.
 */
export const shuffle =
  ({ seed = 0, hold = HOLD }: Shuffle): Step =>
  (rows, path) =>
    checked(path, [
      ["seed", seed, Number.MIN_SAFE_INTEGER],
      ["hold", hold, 1]
    ]) ??
    Stream.suspend(() => {
      const random = seeded(seed, "dataset shuffle")
      const held: Array<Row> = []
      const passed = Stream.mapAccumArray(
        rows,
        () => undefined,
        (_, page) => {
          const going: Array<Row> = []
          for (const row of page) {
            const slot = held.length < hold ? held.length : random.below(hold)
            const goes = held[slot]
            if (goes !== undefined) going.push(goes)
            held[slot] = row
          }
          return [undefined, going] as const
        }
      )
      const rest = Stream.suspend(() => {
        for (let last = held.length - 1; last > 0; last--) {
          const other = random.below(last + 1)
          const [a, b] = [held[last], held[other]]
          if (a === undefined || b === undefined) continue
          held[last] = b
          held[other] = a
        }
        return Stream.fromIterable(held)
      })
      return Stream.concat(passed, rest)
    })

const HOLD = 100_000

/** The rows of another dataset after these; theirs keep the path they came from. */
export const append =
  (other: Rows, otherPath: string): Step =>
  (rows) =>
    Stream.concat(
      rows,
      Stream.map(other, (row) => (row.path === undefined ? { ...row, path: otherPath } : row))
    )

/** Takes all rows, then gives others. */
const afterAll = (rows: Rows, take: (row: Row) => void, give: () => ReadonlyArray<Row>): Rows =>
  Stream.unwrap(
    Effect.map(
      Stream.runForEachArray(rows, (page) => Effect.sync(() => page.forEach(take))),
      () => Stream.fromIterable(give())
    )
  )

/** The first option that is no whole number from its least value on, as rows that fail. */
export const checked = (
  path: string,
  options: ReadonlyArray<readonly [name: string, value: number, least: number]>
): Rows | undefined => {
  const wrong = options.find(([, value, least]) => !Number.isSafeInteger(value) || value < least)
  if (wrong === undefined) return undefined
  const [name, , least] = wrong
  const from = least === Number.MIN_SAFE_INTEGER ? "" : ` from ${least}`
  return Stream.fail(
    new DatasetError({
      path,
      problem: `The dataset's \`${name}\` must be a whole number${from}.`,
      fix: "Correct the benchmark's `dataset`."
    })
  )
}
