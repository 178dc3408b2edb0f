/**
 * The scenarios of admission control, each in the forms it takes. 20 virtual minutes unless the scenario needs more; what
 * changes, changes at half-time. What is demanded in each: `PassMarks.ts`.
 */
import * as Faults from "spillway/simulator/Faults"
import type { Known } from "./Client.ts"
import { type Scenario, type ScenarioName, type TierName, tiers } from "./Scenario.ts"

export interface Setting {
  readonly tier: TierName
  /** Virtual minutes. */
  readonly minutes: number
}

type Form = Partial<Omit<Scenario, "variant" | "known">> & {
  readonly variant: string
  readonly known?: Partial<Known>
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** What somebody who has never seen a header would assume: the lowest paid tier. */
const LOWEST = { requestsPerMinute: 500, tokensPerMinute: 200_000 }

const rate = (kind: Faults.FaultKind, share: number): Faults.RatedFault => ({ kind, rate: share })
const failing = (...rates: ReadonlyArray<Faults.RatedFault>): Faults.Faults => ({
  ...Faults.none,
  rates
})

const limitsTimes = (factor: number, at: number): Form => ({
  variant: `limits x${factor}`,
  limitChanges: [{ at, factor }],
  changes: [at]
})

/** Moments at which a square wave turns. */
const turns = (period: number, until: number): ReadonlyArray<number> =>
  Array.from({ length: Math.floor((2 * until) / period) }, (_, turn) => (turn * period) / 2)

/** The provider fails for a time, five minutes after the start. */
const outage = (as: "503" | "hang", seconds: number, lasts: number): Form => {
  const from = Math.min(5 * MINUTE, lasts / 4)
  const during = { from, to: from + seconds * SECOND }
  return {
    variant: `${as} for ${seconds} s`,
    lasts: Math.max(lasts, during.to + 5 * MINUTE),
    faults: { ...Faults.none, outages: [{ during, as }] },
    hangsFor: 60 * SECOND,
    disturbances: [during],
    changes: [during.to]
  }
}

/** Enough attempts that none is lost, even of those that fail every second time. */
const PATIENT = { maxAttempts: 64 }

const independentFailures = (share: number): Form => ({
  variant: `${share * 100}% fail`,
  known: PATIENT,
  faults: failing(rate("500", share))
})

const forms = (name: ScenarioName, { minutes, tier }: Setting): ReadonlyArray<Form> => {
  const lasts = minutes * MINUTE
  const half = lasts / 2
  switch (name) {
    case "G1":
      return [
        { variant: "steady" },
        { variant: "requests bind", workload: "short" },
        { variant: "cold start", known: LOWEST }
      ]
    case "G2":
      return [0.5, 2, 0.1].map((factor) => limitsTimes(factor, half))
    case "G3":
      return [
        {
          variant: "poisson 50%",
          neighbours: [{ share: 0.5, pattern: "poisson" }],
          changes: "always"
        },
        {
          variant: "square wave",
          neighbours: [{ share: 1, pattern: "square", periodMs: MINUTE }],
          changes: turns(MINUTE, lasts)
        },
        {
          variant: "poisson 90%",
          neighbours: [{ share: 0.9, pattern: "poisson" }],
          changes: "always"
        }
      ]
    case "G4": {
      const during = { from: half, to: half + MINUTE }
      return [
        {
          variant: "neighbour 100%",
          neighbours: [{ ...during, share: 1 }],
          disturbances: [during],
          changes: [during.from, during.to]
        },
        {
          variant: "broken headers",
          faults: failing(rate("no_headers", 0.1), rate("bad_headers", 0.1))
        },
        {
          variant: "clock jumps",
          wallJumps: [
            { at: lasts / 4, by: HOUR },
            { at: half, by: -HOUR },
            { at: (3 * lasts) / 4, by: -HOUR }
          ],
          disturbances: [lasts / 4, half, (3 * lasts) / 4].map((at) => ({ from: at, to: at }))
        }
      ]
    }
    case "G5":
      return (["503", "hang"] as const).flatMap((as) =>
        [10, 120, 1_800].map((seconds) => outage(as, seconds, lasts))
      )
    case "G6":
      return [
        { variant: "429 storm", faults: failing(rate("429", 0.5)), changes: "always" },
        { variant: "400s", workload: "half-invalid" },
        { variant: "cancellations", known: { cancelled: 0.5 }, only: ["spillway"] },
        {
          variant: "billing",
          faults: { ...Faults.none, billing: { _tag: "Time", atMs: half } }
        }
      ]
    case "G8":
      return [0.1, 0.3, 0.5].map(independentFailures)
    case "G10":
      return [
        {
          variant: "cost cap",
          workload: "adversarial",
          known: { capUsd: tier === "small" ? 5 : 50 },
          faults: failing(rate("drop_after", 0.05), rate("truncated", 0.05)),
          only: ["spillway"]
        }
      ]
  }
}

/** Twice the requests of a minute: more than a burst after idleness can have in flight. */
const inFlightCap = (tier: TierName): number => Math.min(10_000, 2 * tiers[tier].requestsPerMinute)

export const scenarios = (name: ScenarioName, setting: Setting): ReadonlyArray<Scenario> => {
  const limits = tiers[setting.tier]
  return forms(name, setting).map((form) => ({
    name,
    tier: setting.tier,
    lasts: setting.minutes * MINUTE,
    workload: "mixed",
    limits,
    limitChanges: [],
    neighbours: [],
    faults: Faults.none,
    changes: [],
    disturbances: [],
    wallJumps: [],
    ...form,
    known: {
      requestsPerMinute: limits.requestsPerMinute,
      tokensPerMinute: limits.tokensPerMinute,
      maxInFlight: inFlightCap(setting.tier),
      maxAttempts: 6,
      ...form.known
    }
  }))
}
