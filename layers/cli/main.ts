/** The composition root: flags → layers → one program. Commands beside it; exit codes in `ExitCode.ts`. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Logger } from "effect"
import { CliOutput, Command } from "effect/cli"
import { version } from "../../src/report/Version.ts"
import * as NodeShutdown from "../run/NodeShutdown.ts"
import { batch } from "./BatchCommand.ts"
import { bench } from "./BenchCommand.ts"
import { compare } from "./CompareCommand.ts"
import * as ExitCode from "./ExitCode.ts"
import { exporting } from "./ExportCommand.ts"
import { report } from "./ReportCommand.ts"
import { run } from "./RunCommand.ts"
import { rm, runs, show } from "./RunsCommands.ts"
import { score } from "./ScoreCommand.ts"
import { simulate } from "./SimulateCommand.ts"
import * as Usage from "./Usage.ts"

const spillway = Command.make("spillway").pipe(
  Command.withDescription(
    "Runs large OpenAI workloads: as fast as the quota allows, durable, resumable"
  ),
  Command.withSubcommands([
    bench,
    run,
    batch,
    score,
    runs,
    show,
    report,
    compare,
    exporting,
    rm,
    simulate
  ])
)

// Who reads the output may leave before its end, as `head` does: nobody is there to be told.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error
})

NodeShutdown.runMain(
  Command.run(spillway, { version }).pipe(
    ExitCode.report,
    Effect.provide(NodeServices.layer),
    Effect.provideService(CliOutput.Presenter, Usage.presenter),
    // Standard output is for what was asked for: `--json -` has to stay JSON whatever is warned of.
    Effect.provideService(Logger.LogToStderr, true)
  ),
  { teardown: ExitCode.teardown, disableErrorReporting: true }
)
