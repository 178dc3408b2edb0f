/**
 * The judge of admission control: runs clients against the simulated provider on a virtual clock, and holds what came of
 * it against the pass marks (`PassMarks.ts`). A line for each form of a scenario, client and seed.
 *
 * `npm run -s bench:admission -- --scenario G1 --tier small --seeds 1-10 --client spillway --json`
 *
 * `--scenario` G1 to G6, G8, G10, or all (default); `--tier` small (default), large or all; `--seeds` one or a range
 * (default 1); `--client` spillway (default), effect, bottleneck, p-queue, static, aimd or all; `--minutes` virtual ones
 * (default 20); `--variant` only forms whose name contains this text; `--json` for lines of JSON in place of a table.
 * `--scenario G7`, `G11` and `G12` do not run on the virtual clock: `G7.ts`, `G11.ts`, `G12.ts`.
 */
import { Effect } from "effect"
import * as Arguments from "./Arguments.ts"
import * as Clients from "./Clients.ts"
import * as Runner from "./Runner.ts"
import { scenarios } from "./Scenarios.ts"
import * as Table from "./Table.ts"

const judge = async (asked: Arguments.Judging): Promise<void> => {
  const { clients, json, minutes, seeds, tiers, variant } = asked
  if (!json) console.log(Table.header)
  for (const tier of tiers) {
    for (const scenario of asked.scenarios.flatMap((name) => scenarios(name, { tier, minutes }))) {
      if (!scenario.variant.includes(variant)) continue
      for (const name of clients) {
        if (scenario.only?.includes(name) === false) continue
        const client = await Clients.load(name)
        for (const seed of seeds) {
          const outcome = await Effect.runPromise(Runner.run(client, scenario, seed))
          console.log(json ? JSON.stringify(outcome) : Table.row(outcome))
        }
      }
    }
  }
}

const separate = async ({ json, name, rest }: Arguments.Separate): Promise<void> => {
  const file: string = `./${name}.ts`
  const { main } = await import(file)
  await main({ json, ...rest })
}

try {
  const given = process.argv.slice(2)
  if (given.includes("--help")) console.log(Arguments.usage)
  else {
    const asked = Arguments.read(given)
    await (asked._tag === "Judging" ? judge(asked) : separate(asked))
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = error instanceof Arguments.BadFlag ? 2 : 1
}
