/**
 * One writer per run, by locks that end with their process, killed or not: nothing to expire, nothing to clean up.
 * Taken by the run's name, so that starting a run over is guarded too. Between processes:
 * `sql/SqliteFileLock.ts`, `sql/PostgresLock.ts`.
 */
import { Effect, type Scope } from "effect"
import type { StoreError } from "../../src/checkpoint/CheckpointStore.ts"
import { locked } from "./RunRefusals.ts"

export interface RunLocks {
  /** Held until the scope closes. */
  readonly acquire: (name: string) => Effect.Effect<void, StoreError, Scope.Scope>
  /** Whether anybody holds it, this process included. */
  readonly held: (name: string) => Effect.Effect<boolean, StoreError>
}

/** Locks inside this process only: for stores that no other process can reach. */
export const local = (): RunLocks => {
  const names = new Set<string>()
  return {
    acquire: (name) =>
      Effect.acquireRelease(
        Effect.suspend(() => {
          if (names.has(name)) return Effect.fail(locked(name, "this process"))
          names.add(name)
          return Effect.void
        }),
        () => Effect.sync(() => names.delete(name))
      ),
    held: (name) => Effect.sync(() => names.has(name))
  }
}
