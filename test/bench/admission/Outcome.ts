/** One run's result: the figures of `Measures.ts` and `CircuitMeasures.ts`, and whether the marks were met. One JSON line. */
import type { SimulatorStats } from "spillway/simulator/Ledger"
import * as CircuitMeasures from "./CircuitMeasures.ts"
import type { ClientName } from "./Client.ts"
import * as Measures from "./Measures.ts"
import * as PassMarks from "./PassMarks.ts"
import type { Scenario, ScenarioName, TierName } from "./Scenario.ts"
import * as Traffic from "./Traffic.ts"
import { MODEL } from "./Workload.ts"

/** `undefined`: does not exist in this run. Shares are 0 to 1. */
export interface Figures {
  readonly utilisation: number
  readonly sent: number
  readonly rateLimited: number
  readonly rateLimitedShare: number
  readonly avoidable429: number | undefined
  readonly attemptsPerSuccess: number | undefined
  /** The same over what the failures that did happen made necessary: 1 is the least there can be. */
  readonly attemptsOverLeast: number | undefined
  readonly lost: number
  readonly adaptationSeconds: number | undefined
  readonly recoverySeconds: number | undefined
  readonly lastMinuteShare: number
  readonly timesOpened: number
  readonly sendsWhileOpen: number | undefined
  readonly halfOpenBurst: number
  readonly sendsAfterBilling: number
  readonly immediateRetryShare: number
  readonly spentUsd: number
}

export interface Outcome extends Figures {
  readonly scenario: ScenarioName
  readonly variant: string
  readonly tier: TierName
  readonly client: ClientName
  readonly seed: number
  readonly capUsd: number | undefined
  readonly virtualSeconds: number
  readonly wallSeconds: number
  readonly pass: boolean
  readonly missed: ReadonlyArray<string>
}

const idle: Measures.Account = {
  admittedRequests: 0,
  admittedTokens: 0,
  neighbourRequests: 0,
  neighbourTokens: 0
}

/** Share of the requests let in by the limits that were made to fail. */
const failedShare = ({ admitted, faults }: SimulatorStats): number =>
  admitted === 0 ? 0 : (faults["500"] ?? 0) / admitted

/** @param until when the run ended, milliseconds since its start */
export const figures = (
  scenario: Scenario,
  traffic: Traffic.Traffic,
  stats: SimulatorStats,
  until: number
): Figures => ({
  utilisation: Measures.utilisation(scenario, stats.pools[MODEL.id] ?? idle, until),
  sent: traffic.exchanges.length,
  rateLimited: traffic.exchanges.filter(Traffic.isRateLimited).length,
  rateLimitedShare: Measures.rateLimitedShare(traffic),
  avoidable429: Measures.avoidable429(scenario, traffic),
  attemptsPerSuccess: Measures.attemptsPerSuccess(traffic),
  attemptsOverLeast: Measures.attemptsOverLeast(traffic, failedShare(stats)),
  lost: traffic.lost,
  adaptationSeconds: Measures.adaptationSeconds(scenario, traffic, until),
  recoverySeconds: Measures.recoverySeconds(scenario, traffic, until),
  lastMinuteShare: Measures.lastMinuteShare(scenario, traffic, until),
  timesOpened: CircuitMeasures.timesOpened(traffic),
  sendsWhileOpen: CircuitMeasures.sendsWhileOpen(traffic),
  halfOpenBurst: CircuitMeasures.halfOpenBurst(traffic),
  sendsAfterBilling: CircuitMeasures.sendsAfterBilling(traffic),
  immediateRetryShare: Measures.immediateRetryShare(traffic),
  spentUsd: stats.costUsd
})

export const make = (
  run: Pick<Outcome, "client" | "seed" | "virtualSeconds" | "wallSeconds">,
  scenario: Scenario,
  measured: Figures
): Outcome => {
  const missed = PassMarks.missed(scenario, measured)
  return {
    scenario: scenario.name,
    variant: scenario.variant,
    tier: scenario.tier,
    ...run,
    ...measured,
    capUsd: scenario.known.capUsd,
    pass: missed.length === 0,
    missed
  }
}
