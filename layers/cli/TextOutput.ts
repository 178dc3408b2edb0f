/** Text of any length to a file, or to standard output for `-`, as it comes. */
import { Effect, FileSystem, type PlatformError, Stream } from "effect"
import { UsageError } from "./ExitCode.ts"
import * as OutputFile from "./OutputFile.ts"

/** To be asked before the work begins. */
export const check = (flag: string, out: string): Effect.Effect<void, UsageError> =>
  out === "-" ? Effect.void : OutputFile.check(flag, out)

/** A file is replaced in one step at the end, and is its owner's alone. */
export const write = <E, R>(
  flag: string,
  out: string,
  text: Stream.Stream<string, E, R>
): Effect.Effect<void, E | UsageError, R | FileSystem.FileSystem> =>
  out === "-" ? toStandardOutput(text) : toFile(flag, out, text)

/** Until the end, or until nobody reads any more, as behind `| head`. */
const toStandardOutput = <E, R>(text: Stream.Stream<string, E, R>): Effect.Effect<void, E, R> =>
  Stream.runForEachWhile(text, (piece) =>
    Effect.callback<boolean>((resume) => {
      process.stdout.write(piece, (error) => resume(Effect.succeed(!error)))
    })
  )

const toFile = Effect.fnUntraced(function* <E, R>(
  flag: string,
  out: string,
  text: Stream.Stream<string, E, R>
) {
  const files = yield* FileSystem.FileSystem
  const partial = `${out}.partial`
  const unwritable = (error: PlatformError.PlatformError) =>
    new UsageError({
      problem: `${flag} ${out}: it cannot be written (${error.reason._tag}).`,
      fix: "Check the folder, its permissions and the space left, then call it again."
    })
  const encoder = new TextEncoder()
  yield* Effect.scoped(
    Effect.gen(function* () {
      const file = yield* Effect.mapError(
        files.open(partial, { flag: "w", mode: 0o600 }),
        unwritable
      )
      yield* Stream.runForEach(text, (piece) =>
        Effect.mapError(file.writeAll(encoder.encode(piece)), unwritable)
      )
      yield* Effect.mapError(file.sync, unwritable)
    })
  ).pipe(
    Effect.andThen(Effect.mapError(files.rename(partial, out), unwritable)),
    Effect.onError(() => Effect.ignore(files.remove(partial)))
  )
})
