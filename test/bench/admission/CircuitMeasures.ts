/** What a client's circuit breaker did in a run, held against what went over the wire. The other measures: `Measures.ts`. */
import type { CircuitState } from "spillway/circuit-breaker/CircuitBreaker"
import type { Exchange, Traffic } from "./Traffic.ts"

interface Phase {
  readonly from: number
  readonly to: number
}

/** When the circuit was in this state; the moments of change belong to neither side. */
const phases = (traffic: Traffic, state: CircuitState): ReadonlyArray<Phase> =>
  traffic.circuit.flatMap(({ at, to }, index) =>
    to === state
      ? [{ from: at, to: traffic.circuit[index + 1]?.at ?? Number.POSITIVE_INFINITY }]
      : []
  )

const sentWithin = (traffic: Traffic, { from, to }: Phase): ReadonlyArray<Exchange> =>
  traffic.exchanges.filter(({ sentAt }) => sentAt > from && sentAt < to)

export const timesOpened = (traffic: Traffic): number => phases(traffic, "open").length

/** Requests that left while the circuit was open. `undefined` for a client without a circuit. */
export const sendsWhileOpen = (traffic: Traffic): number | undefined =>
  traffic.circuit.length === 0
    ? undefined
    : phases(traffic, "open").reduce((sum, phase) => sum + sentWithin(traffic, phase).length, 0)

/** Milliseconds. */
const AT_ONCE = 1_000

/**
 * The most that was sent within a second while half open. Probes that follow each other slowly are no burst, even where
 * earlier ones are still out.
 */
export const halfOpenBurst = (traffic: Traffic): number => {
  let most = 0
  for (const phase of phases(traffic, "half-open")) {
    const sent = sentWithin(traffic, { ...phase, from: phase.from - 1e-3 })
    for (const { sentAt } of sent) {
      const soon = sent.filter((other) => other.sentAt >= sentAt && other.sentAt < sentAt + AT_ONCE)
      most = Math.max(most, soon.length)
    }
  }
  return most
}

/** Requests that left after an answer had said that the account has run dry. */
export const sendsAfterBilling = ({ exchanges }: Traffic): number => {
  const told = exchanges
    .filter(({ billing }) => billing)
    .map(({ headAt = Number.POSITIVE_INFINITY }) => headAt)
  const first = Math.min(...told)
  return exchanges.filter(({ sentAt }) => sentAt > first).length
}
