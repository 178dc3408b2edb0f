/**
 * Model tests by generated lists of commands: how many, from which seed, and how a failure is found again. Used by
 * `BreakerModel.test.ts` and `../rate-limit/LimiterModel.test.ts`.
 *
 * `SPILLWAY_MODEL_COMMANDS=1000000` plays more of them, `SPILLWAY_MODEL_SEED=7` others. A failure prints its seed and the
 * shortest list of commands that was found for it; the same seed fails the same way.
 */
import { assert } from "@effect/vitest"
import * as fc from "fast-check"

const fromEnvironment = (name: string, otherwise: number): number => {
  const text = process.env[name]
  return text === undefined ? otherwise : Number(text)
}

export const COMMANDS = fromEnvironment("SPILLWAY_MODEL_COMMANDS", 100_000)
export const SEED = fromEnvironment("SPILLWAY_MODEL_SEED", 1)

/** Most commands of one list. */
const LONGEST = 400

export const lists = <A>(command: fc.Arbitrary<A>): fc.Arbitrary<ReadonlyArray<A>> =>
  fc.array(command, { maxLength: LONGEST, size: "max" })

/**
 * Plays lists until there were `COMMANDS` commands.
 *
 * @param play throws at the first broken rule; returns how many commands it has played
 */
export const playAll = <A>(arbitrary: fc.Arbitrary<A>, play: (generated: A) => number): void => {
  let played = 0
  // A list has 200 commands on average, but the first ones are shorter.
  for (let round = 0; played < COMMANDS; round++) {
    const before = played
    void fc.assert(
      fc.property(arbitrary, (generated) => {
        played += play(generated)
      }),
      { seed: SEED + round, numRuns: Math.ceil(COMMANDS / 200) }
    )
    assert.isAbove(played, before)
  }
}
