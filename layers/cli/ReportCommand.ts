/** `spillway report`: its flags and help. What it does is in `ReportProgram.ts`, loaded when it is called. */
import { Effect, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Flags from "./Flags.ts"
import * as ReportFlags from "./ReportFlags.ts"

/** A page of more would take a browser long to open; the size of the page bounds them too. */
const MOST_ITEMS = 20_000

const flags = {
  run: Argument.String("run").pipe(
    Argument.withDescription("A benchmark run's name, or the id of one of its starts")
  ),
  html: ReportFlags.html("plots, and a table of items to filter and open"),
  markdown: ReportFlags.markdown,
  json: Flags.jsonFile,
  items: Flag.Int("items").pipe(
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: MOST_ITEMS }))),
    Flag.withDescription(
      "Most items in the page: of more, some of every kind of end, drawn evenly (default 1000)"
    ),
    Flag.withMetavar("N"),
    Flag.optional
  ),
  quiet: ReportFlags.quiet,
  store: Flags.store
}

export type Asked = Command.Command.Config.Infer<typeof flags>

export const report = Command.make("report", flags, (asked) =>
  Effect.flatMap(
    Effect.promise(() => import("./ReportProgram.ts")),
    ({ run }) => run(asked)
  )
).pipe(
  Command.withDescription(
    "Show the report of a benchmark's run, or write it as a page, as Markdown or as JSON; only the store is read"
  ),
  Command.withExamples([
    {
      command: "spillway report nightly --html nightly.html",
      description: "Scores, plots, and the answers themselves, in one file that needs no network"
    },
    {
      command: "spillway report nightly --markdown -",
      description: "For the description of a pull request"
    }
  ])
)
