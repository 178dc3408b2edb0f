/** `spillway compare`: its flags and help. What it does is in `CompareProgram.ts`, loaded when it is called. */
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Flags from "./Flags.ts"
import * as ReportFlags from "./ReportFlags.ts"

const flags = {
  runs: Argument.String("run").pipe(
    Argument.withDescription(
      "Names of benchmark runs, or ids of their starts; the first is the base"
    ),
    Argument.atLeast(1)
  ),
  arms: Flag.String("arm").pipe(
    Flag.withDescription(
      "Only this arm, by its label; may be given several times (default all arms of all runs)"
    ),
    Flag.withMetavar("LABEL"),
    Flag.atLeast(0)
  ),
  scorer: Flag.String("scorer").pipe(
    Flag.withDescription("Scorer to go by, as lastNumber@1 (default the first that all runs have)"),
    Flag.withMetavar("NAME@V"),
    Flag.optional
  ),
  noAnswer: Flag.Literals("no-answer", ["wrong", "exclude"]).pipe(
    Flag.withDescription(
      "How an answer counts that the model did not give (default the benchmark's own); the other way is told too"
    ),
    Flag.optional
  ),
  markdown: ReportFlags.markdown,
  html: ReportFlags.html("scores and differences as plots, and the items that were won"),
  json: Flag.String("json").pipe(
    Flag.withDescription(
      "Write it as JSON to this file, with all items that were won; - for standard output"
    ),
    Flag.withMetavar("FILE"),
    Flag.optional
  ),
  quiet: ReportFlags.quiet,
  store: Flags.store
}

export type Asked = Command.Command.Config.Infer<typeof flags>

export const compare = Command.make("compare", flags, (asked) =>
  Effect.flatMap(
    Effect.promise(() => import("./CompareProgram.ts")),
    ({ run }) => run(asked)
  )
).pipe(
  Command.withDescription(
    "Compare runs, or the arms of a run, on the items they have in common: differences, who won what, cost, latency"
  ),
  Command.withExamples([
    {
      command: "spillway compare monday tuesday --markdown -",
      description: "Is Tuesday's better, or is it chance? As Markdown for a pull request"
    },
    {
      command: "spillway compare nightly --arm 'gpt-6-luna t=0' --arm 'gpt-6-luna t=1'",
      description: "Two arms of one run"
    }
  ])
)
