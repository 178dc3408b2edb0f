/** Where two reports of one benchmark differ beyond what belongs to time, to money that was lost, and to a kill. */
import type { BenchmarkReport } from "spillway/report/BenchmarkReport"

/** Of a report and of its arms. */
const OF_ONE_START = new Set([
  "run",
  "mode",
  "elapsedSeconds",
  "latencySeconds",
  "spentUsd",
  "cost",
  "requests.fromStore",
  "requests.sent",
  "requests.retries",
  "requests.rateLimited",
  "requests.unknownOutcome"
])

/** The route of an answer decides its price. */
const OF_THE_ROUTE = new Set(["costUsd"])

export interface Options {
  /** The answers came by other routes, real time or batches, so that their prices differ. Default false. */
  readonly otherRoutes?: boolean
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

/** Fields that are not the same in both, as `arms.0.score.mean: 0.5 and 0.25`; of arrays the places are names. */
export const differences = (
  one: BenchmarkReport,
  other: BenchmarkReport,
  { otherRoutes = false }: Options = {}
): ReadonlyArray<string> => {
  const found: Array<string> = []
  const compare = (a: unknown, b: unknown, path: ReadonlyArray<string>): void => {
    const field = path.filter((name) => !/^(arms|\d+)$/.test(name)).join(".")
    if (OF_ONE_START.has(field) || (otherRoutes && OF_THE_ROUTE.has(field))) return
    if (!isFields(a) || !isFields(b)) {
      if (!Object.is(a, b))
        found.push(`${path.join(".")}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`)
      return
    }
    for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
      compare(a[name], b[name], [...path, name])
    }
  }
  compare(one, other, [])
  return found
}
