/** `spillway runs`, `show` and `rm`: their flags and help. What they do is in `RunsPrograms.ts`. */
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Flags from "./Flags.ts"

const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print JSON instead of a table"),
  Flag.withDefault(false)
)
const run = Argument.String("run").pipe(
  Argument.withDescription("A run's name, or the id of one of its starts")
)

const listing = { store: Flags.store, json }
const one = { run, store: Flags.store }
const detailed = { ...one, json }

export type Listing = Command.Command.Config.Infer<typeof listing>
export type One = Command.Command.Config.Infer<typeof one>
export type Detailed = Command.Command.Config.Infer<typeof detailed>

const programs = Effect.promise(() => import("./RunsPrograms.ts"))

export const runs = Command.make("runs", listing, (asked) =>
  Effect.flatMap(programs, ({ list }) => list(asked))
).pipe(Command.withDescription("List the runs of a store, the newest first"))

export const show = Command.make("show", detailed, (asked) =>
  Effect.flatMap(programs, (program) => program.show(asked))
).pipe(Command.withDescription("Show a run: its counts, settings and last report"))

export const rm = Command.make("rm", one, (asked) =>
  Effect.flatMap(programs, ({ remove }) => remove(asked))
).pipe(Command.withDescription("Delete a run with its records and the answers that only it holds"))
