/**
 * What is demanded of a client in each scenario, as data. Source of all marks: the table "How it is judged" of the
 * project's notes on admission control, rows G1 to G10; what a mark's figure means is defined in `Measures.ts` and
 * `CircuitMeasures.ts`.
 */
import { defaults as breaker } from "spillway/config/CircuitBreakerConfig"
import type { Figures } from "./Outcome.ts"
import type { Scenario } from "./Scenario.ts"

export interface Mark {
  readonly figure: keyof Figures
  readonly least?: number
  readonly most?: number
  readonly source: string
}

const least = (figure: Mark["figure"], value: number, source: string): Mark => ({
  figure,
  least: value,
  source
})
const most = (figure: Mark["figure"], value: number, source: string): Mark => ({
  figure,
  most: value,
  source
})

const g2 = (scenario: Scenario): ReadonlyArray<Mark> => {
  const factor = scenario.limitChanges[0]?.factor ?? 1
  const share = factor <= 0.1 ? 0.005 : 0.0005
  const within = factor < 1 ? 1 : 10
  return [
    most("avoidable429", 0, "G2: avoidable = 0"),
    most("rateLimitedShare", share, "G2: 429s at most 0.05% (x0.1: 0.5%)"),
    least("utilisation", 0.985, "G2: utilisation at least 98.5%"),
    most("adaptationSeconds", within, "G2: new rate within 1 s of a decrease, 10 s of an increase")
  ]
}

const g3 = (scenario: Scenario): ReadonlyArray<Mark> => [
  least("utilisation", 0.97, "G3: utilisation at least 97%"),
  scenario.variant === "square wave"
    ? most("rateLimitedShare", 0.02, "G3: 429s at most 2% (square)")
    : most("rateLimitedShare", 0.003, "G3: 429s at most 0.3% (Poisson)")
]

const g6 = (scenario: Scenario): ReadonlyArray<Mark> => [
  most("timesOpened", 0, "G6: the breaker never opens"),
  ...(scenario.variant === "billing"
    ? [most("sendsAfterBilling", 0, "G6: a quota 429 pauses the run in one call")]
    : [])
]

export const marks = (scenario: Scenario): ReadonlyArray<Mark> => {
  switch (scenario.name) {
    case "G1":
      return [
        least("utilisation", 0.99, "G1: utilisation at least 99%"),
        most("rateLimited", 0, "G1: no 429 in any seed")
      ]
    case "G2":
      return g2(scenario)
    case "G3":
      return g3(scenario)
    case "G4":
      return [
        ...(scenario.disturbances.length > 0
          ? [most("recoverySeconds", 30, "G4: 90% of throughput back within 30 s")]
          : []),
        least("lastMinuteShare", 0.9, "G4: no deadlock")
      ]
    case "G5":
      return [
        most("sendsWhileOpen", 0, "G5: sends while open = 0"),
        most("recoverySeconds", 15, "G5: 90% of throughput within 15 s of the end"),
        most("halfOpenBurst", breaker.probes, "G5: no burst above the half-open limit")
      ]
    case "G6":
      return g6(scenario)
    case "G8":
      return [
        most("immediateRetryShare", 0.2, "G8: immediate retries at most 20% (+1/s) in every 10 s"),
        most("attemptsOverLeast", 1.05, "G8: attempts per success at most 1.05/(1-f), f as it was"),
        most("lost", 0, "G8: none lost"),
        // A mark of our own, without which a breaker that is always open would pass. At half the calls it may open.
        ...(scenario.variant.startsWith("50%")
          ? []
          : [least("utilisation", 0.95, "failures by chance do not cost the quota")])
      ]
    case "G10":
      return [
        most(
          "spentUsd",
          scenario.known.capUsd ?? Number.POSITIVE_INFINITY,
          "G10: spent at most the cap where reservations are upper bounds"
        )
      ]
  }
}

const rounded = (value: number): string => String(Number(value.toPrecision(6)))

/** What was missed, one phrase a mark. A figure that a client does not have is missed. */
export const missed = (scenario: Scenario, figures: Figures): ReadonlyArray<string> =>
  marks(scenario).flatMap(({ figure, least: low, most: high }) => {
    const value = figures[figure]
    if (value === undefined) return [`${figure}: none`]
    if (low !== undefined && !(value >= low)) {
      return [`${figure} ${rounded(value)} < ${rounded(low)}`]
    }
    if (high !== undefined && !(value <= high)) {
      return [`${figure} ${rounded(value)} > ${rounded(high)}`]
    }
    return []
  })
