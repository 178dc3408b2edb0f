/**
 * `spillway bench`: its flags and help. What it does is in `BenchProgram.ts`, loaded when it is called: `--help` and a
 * call with a typing error need none of it.
 */
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import * as ArmFlags from "./ArmFlags.ts"
import * as Flags from "./Flags.ts"

const flags = {
  file: Argument.String("file").pipe(
    Argument.withDescription(
      "TypeScript or JavaScript file with a benchmark as default export; may be left out to go on with --run"
    ),
    Argument.optional
  ),
  ...Flags.run,
  ...Flags.provider,
  models: ArmFlags.models,
  temperatures: ArmFlags.temperatures,
  reasoningEfforts: ArmFlags.efforts,
  prompts: ArmFlags.prompts,
  repeats: ArmFlags.repeats,
  limit: Flags.limit,
  data: Flags.data,
  skipInvalid: Flags.skipInvalid,
  minScore: Flags.minScore
}

export type Asked = Command.Command.Config.Infer<typeof flags>

export const bench = Command.make("bench", flags, (asked) =>
  Effect.flatMap(
    Effect.promise(() => import("./BenchProgram.ts")),
    ({ run }) => run(asked)
  )
).pipe(
  Command.withDescription("Run a benchmark; the same command again goes on where it stopped"),
  Command.withExamples([
    {
      command: "spillway bench gsm8k.ts --offline",
      description: "Rehearse it on the simulated OpenAI"
    },
    {
      command:
        "spillway bench gsm8k.ts --model gpt-6-luna --temperature 0 --temperature 1 --repeats 3 --max-cost 5",
      description: "Two arms, three samples of each item, at most 5 USD"
    },
    {
      command:
        "spillway bench gsm8k.ts --model gpt-6-luna --effort low --effort high --prompt plain --prompt steps --plan",
      description: "Four arms, each effort with each prompt variant: what they would cost"
    },
    {
      command: "spillway bench gsm8k.ts --mode batch --detach",
      description: "Half the price within a day: submit, end, and collect later with --run gsm8k"
    },
    { command: "spillway bench --run nightly", description: "Go on with a run and its settings" }
  ])
)
