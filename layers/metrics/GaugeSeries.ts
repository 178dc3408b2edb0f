/** A gauge with fixed labels that is there only while its value is known. */
import { type Context, Metric } from "effect"

export class GaugeSeries {
  private present = false
  private readonly metric: Metric.Gauge<number>
  private readonly context: Context.Context<never>

  constructor(
    name: string,
    description: string,
    labels: Readonly<Record<string, string>>,
    context: Context.Context<never>
  ) {
    this.metric = Metric.gauge(name, { description, attributes: labels })
    this.context = context
  }

  /** `undefined` takes it away. */
  set(value: number | undefined): void {
    if (value !== undefined) this.metric.updateUnsafe(value, this.context)
    else if (this.present) Metric.removeUnsafe(this.metric, this.context)
    this.present = value !== undefined
  }
}
