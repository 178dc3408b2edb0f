/** One circuit of the breaker as metrics. Names and meanings: `PoolMetrics.ts`. */
import { type Context, Metric } from "effect"
import type { CircuitState, Transition } from "../../src/circuit-breaker/CircuitBreaker.ts"
import { GaugeSeries } from "./GaugeSeries.ts"

const STATES: ReadonlyArray<CircuitState> = [
  "closed",
  "open",
  "half-open",
  "forced-open",
  "forced-closed",
  "disabled"
]

export class CircuitSeries {
  private readonly key: string
  private readonly context: Context.Context<never>
  private readonly states: ReadonlyArray<readonly [CircuitState, GaugeSeries]>

  constructor(key: string, context: Context.Context<never>) {
    this.key = key
    this.context = context
    const description = "1 for the state that the circuit is in, 0 for the others"
    this.states = STATES.map((state) => [
      state,
      new GaugeSeries("spillway_circuit_state", description, { pool: key, state }, context)
    ])
  }

  show(now: CircuitState): void {
    for (const [state, gauge] of this.states) gauge.set(state === now ? 1 : 0)
  }

  moved({ from, to }: Transition): void {
    Metric.counter("spillway_circuit_transitions_total", {
      description: "Changes of the circuit's state",
      attributes: { pool: this.key, from, to },
      incremental: true
    }).updateUnsafe(1, this.context)
    this.show(to)
  }

  remove(): void {
    for (const [, gauge] of this.states) gauge.set(undefined)
  }
}
