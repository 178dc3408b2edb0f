/** What a report says of models that graded answers. Sanitized. */
import type { BenchmarkReport } from "./BenchmarkReport.ts"
import * as Figures from "./Figures.ts"
import { oneLine } from "./PlainText.ts"

/** A sentence for each: how many it graded, and what that cost beside the answers. */
export const lines = ({ judges = [] }: Pick<BenchmarkReport, "judges">): ReadonlyArray<string> =>
  judges.map(({ asked, costUsd, inputTokens, judged, model, outputTokens, scorer }) => {
    const tokens = `${Figures.count(inputTokens)} input tokens, ${Figures.count(outputTokens)} output`
    return `${oneLine(scorer)}: ${oneLine(model)} graded ${Figures.count(judged)} of ${Figures.plural(asked, "answer")} for ${Figures.usd(costUsd)} (${tokens}), in no arm's cost.`
  })
