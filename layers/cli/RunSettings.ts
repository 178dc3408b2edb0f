/**
 * What a run was started with: kept in its log, so that `--run NAME` alone goes on with the same arms. Flags given again
 * win over what is remembered.
 */
import { Effect, Option, Schema, Stream } from "effect"
import { CheckpointStore, type StoreError } from "../../src/checkpoint/CheckpointStore.ts"
import type { ActiveRun } from "../../src/run/ActiveRun.ts"
import { tierNames } from "../../src/simulator/Limits.ts"

export const RunSettings = Schema.Struct({
  /** The command that the run belongs to. */
  command: Schema.Literals(["bench", "run", "batch"]),
  /** All requests of the file are in batches. */
  planned: Schema.optionalKey(Schema.Boolean),
  file: Schema.optionalKey(Schema.String),
  out: Schema.optionalKey(Schema.String),
  data: Schema.optionalKey(Schema.String),
  models: Schema.optionalKey(Schema.Array(Schema.String)),
  temperatures: Schema.optionalKey(Schema.Array(Schema.Finite)),
  reasoningEfforts: Schema.optionalKey(Schema.Array(Schema.String)),
  prompts: Schema.optionalKey(Schema.Array(Schema.String)),
  repeats: Schema.optionalKey(Schema.Int),
  limit: Schema.optionalKey(Schema.Int),
  skipInvalid: Schema.optionalKey(Schema.Boolean),
  maxCost: Schema.optionalKey(Schema.Finite),
  maxFailed: Schema.optionalKey(Schema.Finite),
  minScore: Schema.optionalKey(Schema.Finite),
  dedupe: Schema.optionalKey(Schema.Boolean),
  promptCaching: Schema.optionalKey(Schema.Boolean),
  mode: Schema.optionalKey(Schema.Literals(["online", "batch", "hybrid"])),
  /** Unix milliseconds. */
  deadline: Schema.optionalKey(Schema.Finite),
  whenStopped: Schema.optionalKey(Schema.Literals(["detach", "cancel"])),
  concurrency: Schema.optionalKey(Schema.Int),
  catalog: Schema.optionalKey(Schema.String),
  baseUrl: Schema.optionalKey(Schema.String),
  offline: Schema.optionalKey(Schema.Boolean),
  seed: Schema.optionalKey(Schema.Int),
  tier: Schema.optionalKey(Schema.Literals(tierNames)),
  faults: Schema.optionalKey(Schema.String)
})
export type RunSettings = typeof RunSettings.Type & {
  /** Of this start only: a URL may hold a password, and what is remembered lies in the store. */
  readonly redis?: string
}

type Given<A> = A extends Option.Option<infer Value> ? Value : A

/** The flags that were given: without those left out, and without empty lists. */
export const given = <Flags extends Readonly<Record<string, unknown>>>(
  flags: Flags
): { readonly [Name in keyof Flags]?: Given<Flags[Name]> } => {
  const entries = Object.entries(flags).flatMap(
    ([name, value]): ReadonlyArray<readonly [string, unknown]> => {
      if (Option.isOption(value)) return Option.isSome(value) ? [[name, value.value]] : []
      return Array.isArray(value) && value.length === 0 ? [] : [[name, value]]
    }
  )
  return Object.fromEntries(entries) as { readonly [Name in keyof Flags]?: Given<Flags[Name]> }
}

const decode = Schema.decodeUnknownOption(RunSettings)

/** The settings of the newest start of a run by this command; none for a run that is new. */
export const recall = Effect.fn("RunSettings.recall")(function* (
  name: string | undefined,
  command: RunSettings["command"]
): Effect.fn.Return<Partial<RunSettings>, StoreError, CheckpointStore> {
  if (name === undefined) return {}
  const store = yield* CheckpointStore
  const run = yield* store.find(name)
  if (Option.isNone(run)) return {}
  const settings = yield* last(run.value.id)
  return settings.command === command ? settings : {}
})

/** The settings of a start, by its id, whichever command they are of. */
export const last = Effect.fnUntraced(function* (
  id: string
): Effect.fn.Return<Partial<RunSettings>, StoreError, CheckpointStore> {
  const store = yield* CheckpointStore
  const found = Option.getOrUndefined(yield* Stream.runLast(store.records(id, "Configured")))
  if (found?._tag !== "Configured") return {}
  return Option.getOrElse(decode(found.settings), () => ({}))
})

export const remember = (active: ActiveRun, { redis: _, ...settings }: RunSettings) =>
  active.journal.append([{ _tag: "Configured", settings }])
