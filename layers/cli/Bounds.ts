/** What a run must reach to end with 0: a run that ended is not yet a run that is good enough. */
import { Effect } from "effect"
import type { BenchmarkReport } from "../../src/report/BenchmarkReport.ts"
import { BoundMissed } from "./ExitCode.ts"
import type { RunSettings } from "./RunSettings.ts"

/** More failed than is allowed; that all of them failed is allowed nowhere. */
const isTooMany = (failed: number, all: number, allowed = 1): boolean =>
  failed > all * allowed || (all > 0 && failed === all)

export const check = (
  { arms, judges = [], requests }: BenchmarkReport,
  { maxFailed, minScore }: Pick<RunSettings, "maxFailed" | "minScore">
): Effect.Effect<void, BoundMissed> => {
  const { failed, items } = requests
  if (isTooMany(failed, items, maxFailed)) {
    return missed(`${failed} of ${items} requests failed.`)
  }
  const silent = judges.find(({ asked, judged }) => isTooMany(asked - judged, asked, maxFailed))
  if (silent !== undefined) {
    const { asked, judged, scorer } = silent
    return missed(`${scorer} gave no verdict on ${asked - judged} of ${asked} answers.`)
  }
  const low = arms.find(({ score }) => minScore !== undefined && (score.mean ?? 0) < minScore)
  return low === undefined
    ? Effect.void
    : missed(
        `${low.label}: the score ${low.score.mean ?? "that no item has"} is below ${minScore}.`
      )
}

const missed = (detail: string) => Effect.fail(new BoundMissed({ detail }))
