/** Items that were passed over because they do not fit the benchmark's schema, as one sentence. Sanitized. */
import type { BenchmarkReport } from "./BenchmarkReport.ts"
import * as Figures from "./Figures.ts"
import { oneLine } from "./PlainText.ts"

export type Skipped = NonNullable<BenchmarkReport["skipped"]>

/** Told one by one; the report's JSON has more of them. */
export const TOLD = 3

/** Nothing where nothing was passed over. */
export const lines = ({ first, items }: Skipped): ReadonlyArray<string> => {
  if (items === 0) return []
  const told = first.slice(0, TOLD)
  const others = items - told.length
  return [
    `${Figures.plural(items, "item")} passed over (--skip-invalid), in no score: ` +
      `${told.map(oneLine).join(" ")}${others > 0 ? ` And ${Figures.count(others)} more.` : ""}`.trim()
  ]
}
