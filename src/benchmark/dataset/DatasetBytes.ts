/** A dataset file as decoded text: checked, opened, unzipped. Gzip is known by its first two bytes, whatever the name. */
import { Effect, FileSystem, Option, type PlatformError, Stream } from "effect"
import { DatasetError } from "../DatasetError.ts"

/** UTF-8 text in pieces; a byte order mark is dropped. */
export const text = (path: string): Stream.Stream<string, DatasetError, FileSystem.FileSystem> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const unreadable = (error: PlatformError.PlatformError) => fileError(path, error)
      const info = yield* Effect.mapError(files.stat(path), unreadable)
      if (info.type !== "File") return yield* notAFile(path, info.type)
      const zipped = yield* isGzip(files, path).pipe(Effect.mapError(unreadable))
      const bytes = files.stream(path).pipe(Stream.mapError(unreadable))
      return Stream.decodeText(zipped ? gunzip(path, bytes) : bytes)
    })
  )

const isGzip = Effect.fnUntraced(function* (files: FileSystem.FileSystem, path: string) {
  const head = yield* Effect.scoped(
    Effect.flatMap(files.open(path, { flag: "r" }), (handle) => handle.readAlloc(2))
  )
  return Option.exists(head, ([first, second]) => first === 0x1f && second === 0x8b)
})

const gunzip = (path: string, bytes: Stream.Stream<Uint8Array, DatasetError>) =>
  Stream.fromReadableStream<Uint8Array, DatasetError>({
    evaluate: () =>
      Stream.toReadableStream(Stream.map(bytes, (chunk) => new Uint8Array(chunk))).pipeThrough(
        new DecompressionStream("gzip")
      ),
    onError: (cause) =>
      cause instanceof DatasetError
        ? cause
        : new DatasetError({
            path,
            problem: "It begins like a gzip file but cannot be unzipped as one.",
            fix: "Check that it is complete; one put together from several gzip files must be unzipped first."
          })
  })

const notAFile = (path: string, type: string) =>
  new DatasetError({
    path,
    problem: `It is not a regular file (${type}).`,
    fix: "Name a file: a dataset is read more than once, so a pipe or directory cannot serve."
  })

const fileError = (path: string, error: PlatformError.PlatformError) => {
  const missing = error.reason._tag === "NotFound"
  return new DatasetError({
    path,
    problem: missing ? "There is no such file." : `It cannot be read (${error.reason._tag}).`,
    fix: missing
      ? "Check the path; a relative one starts at the working directory."
      : "Check the path and its permissions."
  })
}
