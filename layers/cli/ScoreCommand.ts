/** `spillway score`: its flags and help. What it does is in `ScoreProgram.ts`, loaded when it is called. */
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Flags from "./Flags.ts"

const flags = {
  run: Argument.String("run").pipe(Argument.withDescription("Name of a benchmark's run")),
  file: Argument.String("file").pipe(
    Argument.withDescription(
      "The benchmark's file, where it is another than the run was made with"
    ),
    Argument.optional
  ),
  scorers: Flag.String("scorer").pipe(
    Flag.withDescription(
      "Scorer to add, or to put in the place of the benchmark's of that name: a ready-made one's name, or a file that exports scorers; may be given several times"
    ),
    Flag.withMetavar("NAME|FILE"),
    Flag.atLeast(0)
  ),
  maxCost: Flags.maxCost,
  retryFailed: Flag.Boolean("retry-failed").pipe(
    Flag.withDescription("Ask judges again whose verdict failed in an earlier start"),
    Flag.withDefault(false)
  ),
  store: Flags.store,
  json: Flags.jsonFile,
  quiet: Flags.quiet
}

export type Asked = Command.Command.Config.Infer<typeof flags>

export const score = Command.make("score", flags, (asked) =>
  Effect.flatMap(
    Effect.promise(() => import("./ScoreProgram.ts")),
    ({ run }) => run(asked)
  )
).pipe(
  Command.withDescription(
    "Score the stored answers of a benchmark's run again, and send nothing; only judges that have not seen an answer are asked"
  ),
  Command.withExamples([
    {
      command: "spillway score gsm8k",
      description: "With the scorers that the benchmark's file has now"
    },
    {
      command: "spillway score gsm8k --scorer numeric --scorer gsm8kStrict",
      description: "With two more"
    },
    {
      command: "spillway score summaries --scorer judge.ts --max-cost 5",
      description: "With a judge of your own, for at most 5 USD in all starts together"
    }
  ])
)
