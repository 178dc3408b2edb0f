import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Arguments from "../bench/admission/Arguments.ts"
import type { Client } from "../bench/admission/Client.ts"
import { spillway } from "../bench/admission/clients/spillway.ts"
import * as Runner from "../bench/admission/Runner.ts"
import type { Scenario, ScenarioName } from "../bench/admission/Scenario.ts"
import { scenarios } from "../bench/admission/Scenarios.ts"

const form = (name: ScenarioName, variant: string, minutes: number): Scenario => {
  const found = scenarios(name, { tier: "small", minutes }).find((each) => each.variant === variant)
  if (found === undefined) throw new Error(`There is no ${name}, ${variant}`)
  return found
}

/** Sends one request after another, each this long after the one before, and gives up what is refused. */
const metronome = (milliseconds: number): Client => ({
  name: "static",
  source: "this test",
  time: "clock",
  run: (wire) =>
    Effect.forever(
      Effect.gen(function* () {
        const job = wire.next()
        if (job === undefined) return
        yield* wire.exchange(job, 0).pipe(
          Effect.match({
            onFailure: () => wire.lost(job),
            onSuccess: ({ status }) => (status === 200 ? wire.answered(job) : wire.lost(job))
          }),
          Effect.forkScoped({ startImmediately: true })
        )
        yield* Effect.sleep(milliseconds)
      })
    )
})

describe("the judge", () => {
  it.live("catches a client that sends blindly", () =>
    Effect.gen(function* () {
      const outcome = yield* Runner.run(metronome(20), form("G1", "steady", 1), 1)
      assert.isAbove(outcome.rateLimited, outcome.sent / 2)
      assert.strictEqual(outcome.avoidable429, outcome.rateLimited)
      // A refusal that is on its way at the end has been counted, but has not come back.
      assert.isAtLeast(outcome.lost, outcome.rateLimited)
      assert.isFalse(outcome.pass)
      assert.include(outcome.missed.join("; "), "rateLimited")
    })
  )

  it.live("catches a client that wastes the quota", () =>
    Effect.gen(function* () {
      // 10 a second of 500 a minute that are 20 tokens each: 5 minutes of 1 a second are 300 of 3,000.
      const outcome = yield* Runner.run(metronome(1_000), form("G1", "requests bind", 5), 1)
      assert.strictEqual(outcome.rateLimited, 0)
      assert.closeTo(outcome.utilisation, 300 / 3_000, 1e-3)
      assert.isFalse(outcome.pass)
    })
  )

  it.live(
    "is content with one that spends the initial level and then goes at the limit's pace",
    () =>
      Effect.gen(function* () {
        const paced: Client = {
          ...metronome(0),
          run: (wire, known) =>
            Effect.andThen(
              Effect.forEach(
                Array(490).keys(),
                () => {
                  const job = wire.next()
                  return job === undefined
                    ? Effect.void
                    : Effect.forkScoped(Effect.ignore(wire.exchange(job, 0)), {
                        startImmediately: true
                      })
                },
                { discard: true }
              ),
              metronome(120).run(wire, known)
            )
        }
        const outcome = yield* Runner.run(paced, form("G1", "requests bind", 10), 1)
        assert.deepStrictEqual(outcome.missed, [])
      })
  )

  it.live("sees the same with the same seed, and something else with another", () =>
    Effect.gen(function* () {
      const scenario = form("G8", "10% fail", 2)
      const figures = (seed: number) =>
        Effect.map(Runner.run(spillway, scenario, seed), (outcome) => ({
          ...outcome,
          seed: 0,
          wallSeconds: 0
        }))
      const first = yield* figures(1)
      assert.isAbove(first.sent, 100)
      assert.deepStrictEqual(yield* figures(1), first)
      assert.notDeepEqual(yield* figures(2), first)
    })
  )

  it.live("has a hung connection break after the scenario's time, not before", () =>
    Effect.gen(function* () {
      const outcome = yield* Runner.run(metronome(10_000), form("G5", "hang for 120 s", 20), 1)
      // Every 10 s for 120 s.
      assert.closeTo(outcome.lost, 12, 1)
    })
  )
})

describe("the judge's flags", () => {
  const mistakes: ReadonlyArray<readonly [string, string]> = [
    ["--scenario G99", '--scenario: "G99" is none of'],
    ["--tier tiny", '--tier: "tiny" is none of small, large, all.'],
    ["--client nobody", '--client: "nobody" is none of'],
    ["--seeds 3-1", '--seeds: "3-1" is neither'],
    ["--seeds", "--seeds: needs a value."],
    ["--minutes 0", '--minutes: "0" is no number'],
    ["--sedes 3", "--sedes: no such flag"]
  ]
  for (const [line, message] of mistakes) {
    it(`names the flag that is wrong in ${line}`, () => {
      assert.throws(() => Arguments.read(line.split(" ")), message)
    })
  }

  it("judges Spillway in the small tier with seed 1 where nothing else is asked for", () => {
    assert.deepInclude(Arguments.read(["--scenario", "G2"]), {
      scenarios: ["G2"],
      tiers: ["small"],
      clients: ["spillway"],
      seeds: [1],
      minutes: 20,
      json: false
    })
    assert.deepInclude(Arguments.read(["--seeds", "2-4", "--json"]), {
      seeds: [2, 3, 4],
      json: true
    })
  })

  it("hands the flags of what does not run on its clock on", () => {
    assert.deepStrictEqual(Arguments.read(["--scenario", "G11", "--items", "1000", "--json"]), {
      _tag: "Separate",
      name: "G11",
      json: true,
      rest: { items: "1000" }
    })
  })
})
