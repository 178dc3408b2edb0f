/** One thing that can happen to a client, as data. The scenarios of the judge: `Scenarios.ts`; what is demanded: `PassMarks.ts`. */
import type { Faults, Window } from "spillway/simulator/Faults"
import type { LimitChange, Limits, Neighbour } from "spillway/simulator/Limits"
import type { ClientName, Known } from "./Client.ts"
import type { WorkloadName } from "./Workload.ts"

export const scenarioNames = ["G1", "G2", "G3", "G4", "G5", "G6", "G8", "G10"] as const
export type ScenarioName = (typeof scenarioNames)[number]

export const tierNames = ["small", "large"] as const
export type TierName = (typeof tierNames)[number]

/** Per minute. */
export const tiers: Readonly<Record<TierName, Limits>> = {
  small: { requestsPerMinute: 500, tokensPerMinute: 200_000 },
  large: { requestsPerMinute: 10_000, tokensPerMinute: 2_000_000 }
}

/** All times are milliseconds since the start. */
export interface Scenario {
  readonly name: ScenarioName
  /** Which of the forms that the scenario takes. */
  readonly variant: string
  readonly tier: TierName
  readonly lasts: number
  readonly workload: WorkloadName
  readonly known: Known
  readonly limits: Limits
  readonly limitChanges: ReadonlyArray<LimitChange>
  readonly neighbours: ReadonlyArray<Neighbour>
  readonly faults: Faults
  /** A connection on which nobody answers breaks after this time; absent: never. */
  readonly hangsFor?: number
  /**
   * When something outside moves the quota; none: every 429 could have been avoided. `always`: it moves all the time, so
   * that which 429 could have been avoided is not defined.
   */
  readonly changes: ReadonlyArray<number> | "always"
  /** After each of them the throughput of before has to come back. */
  readonly disturbances: ReadonlyArray<Window>
  /** The client's wall clock is set forward by so much; back, if negative. */
  readonly wallJumps: ReadonlyArray<{ readonly at: number; readonly by: number }>
  /** Absent: all can take part. */
  readonly only?: ReadonlyArray<ClientName>
}
