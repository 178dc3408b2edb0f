/** `spillway export`: its flags and help. What it does is in `ExportProgram.ts`, loaded when it is called. */
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Flags from "./Flags.ts"

/** As `src/report/export/Selection.ts` has them, which is loaded with the program; a test keeps them alike. */
export const KINDS = [
  ...["right", "partly", "wrong", "refused", "truncated", "filtered", "empty", "off-schema"],
  ...["failed", "missing", "score-failed"]
]

/** `wrong,failed` */
const kindsOf = (text: string): Option.Option<ReadonlyArray<string>> => {
  const names = text.split(",").map((name) => name.trim())
  return names.every((name) => KINDS.includes(name)) ? Option.some(names) : Option.none()
}

const flags = {
  run: Argument.String("run").pipe(
    Argument.withDescription("A benchmark run's name, or the id of one of its starts")
  ),
  format: Flag.Literals("format", ["jsonl", "csv"]).pipe(
    Flag.withDescription(
      "Form of the rows: jsonl has all as it is, csv is for spreadsheets (default by --out's name, else jsonl)"
    ),
    Flag.optional
  ),
  only: Flag.String("only").pipe(
    Flag.filterMap(kindsOf, () => `a list of ${KINDS.join(", ")}`),
    Flag.withDescription(
      `Only such rows, as wrong,truncated,failed; of ${KINDS.join(", ")} (right and wrong by the first scorer)`
    ),
    Flag.withMetavar("LIST"),
    Flag.atLeast(0)
  ),
  arms: Flag.String("arm").pipe(
    Flag.withDescription("Only this arm, by its label; may be given several times"),
    Flag.withMetavar("LABEL"),
    Flag.atLeast(0)
  ),
  out: Flag.String("out").pipe(
    Flag.withDescription("File for the rows; - for standard output (default)"),
    Flag.withMetavar("FILE"),
    Flag.withDefault("-")
  ),
  answers: Flag.Boolean("answers").pipe(
    Flag.withDescription("With the answers' texts (default); --no-answers is faster and smaller"),
    Flag.withDefault(true)
  ),
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDescription("Nothing on the terminal but the rows"),
    Flag.withDefault(false)
  ),
  store: Flags.store
}

export type Asked = Command.Command.Config.Infer<typeof flags>

export const exporting = Command.make("export", flags, (asked) =>
  Effect.flatMap(
    Effect.promise(() => import("./ExportProgram.ts")),
    ({ run }) => run(asked)
  )
).pipe(
  Command.withDescription(
    "Write the rows of a benchmark's run: item, arm, prompt, answer, scores, end, cost; one for each request"
  ),
  Command.withExamples([
    {
      command: "spillway export nightly --format csv --only wrong,truncated,failed --out wrong.csv",
      description: "What went wrong, for a spreadsheet; no cell of it runs as a formula"
    },
    {
      command: "spillway export nightly --arm 'gpt-6-luna t=0.7' | jq -r .answer",
      description: "The answers of one arm"
    }
  ])
)
