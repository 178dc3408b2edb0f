/** A dataset's values as a stream of rows, whatever gives them. Each pass asks for them anew. */
import { Effect, type FileSystem, Stream } from "effect"
import type { Row } from "../Dataset.ts"
import { DatasetError } from "../DatasetError.ts"

/** What a function may give: it is called once for each pass, and each time must give the same. */
export type Given =
  | Iterable<unknown>
  | AsyncIterable<unknown>
  | Stream.Stream<unknown, unknown, FileSystem.FileSystem>

/** Values taken from an iterable at once. */
const PAGE = 500

export const rows = (
  name: string,
  values: ReadonlyArray<unknown> | (() => Given)
): Stream.Stream<Row, DatasetError, FileSystem.FileSystem> =>
  Stream.suspend(() => {
    let line = 0
    const row = (value: unknown): Row => {
      line += 1
      return { line, value }
    }
    const failed = (error: unknown) => fault(name, line + 1, error)
    if (typeof values !== "function") return Stream.map(Stream.fromIterable(values), row)
    let given: Given
    try {
      given = values()
    } catch (error) {
      return Stream.fail(failed(error))
    }
    if (Stream.isStream(given)) return Stream.map(Stream.mapError(given, failed), row)
    if (Symbol.asyncIterator in given) {
      return Stream.map(Stream.fromAsyncIterable(given, failed), row)
    }
    return Stream.map(pages(given, failed), row)
  })

/** As `Stream.fromIterable`, but for an iterable that may throw. */
const pages = (given: Iterable<unknown>, failed: (error: unknown) => DatasetError) =>
  Stream.suspend(() => {
    let iterator: Iterator<unknown> | undefined
    const next = () => {
      iterator ??= given[Symbol.iterator]()
      const page: Array<unknown> = []
      while (page.length < PAGE) {
        const step = iterator.next()
        if (step.done === true) break
        page.push(step.value)
      }
      return page
    }
    return Stream.unfold(undefined, () =>
      Effect.try({
        try: () => {
          const page = next()
          return page.length === 0 ? undefined : ([page, undefined] as const)
        },
        catch: failed
      })
    ).pipe(
      Stream.flatMap(Stream.fromIterable),
      Stream.ensuring(
        Effect.sync(() => {
          iterator?.return?.()
        })
      )
    )
  })

const fault = (path: string, line: number, error: unknown) =>
  new DatasetError({
    path,
    line,
    problem: `The dataset's function failed here or a little later (${error instanceof Error ? error.name : "a value was thrown"}).`,
    fix: "Correct the function that gives the values."
  })
