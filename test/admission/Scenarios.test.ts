/** The judge's quick scenarios for Spillway, held against the pass marks. All of them: `npm run -s bench:admission`. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spillway } from "../bench/admission/clients/spillway.ts"
import * as Runner from "../bench/admission/Runner.ts"
import { type ScenarioName, scenarioNames } from "../bench/admission/Scenario.ts"
import { scenarios } from "../bench/admission/Scenarios.ts"

const SEEDS = [1, 2, 3]

/** Virtual: 20 where a share of the quota is demanded, as in the full judgement; else what the figures need to settle. */
const minutes: Readonly<Record<ScenarioName, number>> = {
  G1: 20,
  G2: 20,
  G3: 10,
  G4: 6,
  G5: 10,
  G6: 4,
  G8: 5,
  G10: 20
}

/** Milliseconds for the three seeds of one form, on a machine that has other work. */
const PATIENCE = 120_000

/** Long, or judged by the full run alone. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "G3 square wave",
  "G3 poisson 90%",
  "G4 neighbour 100%",
  "G5 503 for 1800 s",
  "G5 hang for 1800 s"
])

for (const name of scenarioNames) {
  describe(`${name} in the small tier`, () => {
    for (const scenario of scenarios(name, { tier: "small", minutes: minutes[name] })) {
      if (LEFT_OUT.has(`${name} ${scenario.variant}`)) continue
      it.live(
        `Spillway meets the marks: ${scenario.variant}`,
        () =>
          Effect.gen(function* () {
            for (const seed of SEEDS) {
              const outcome = yield* Runner.run(spillway, scenario, seed)
              assert.deepStrictEqual(outcome.missed, [], `seed ${seed}`)
            }
          }),
        PATIENCE
      )
    }
  })
}
