/** The sentences below the numbers of a benchmark, shared by `TerminalReport.ts` and `MarkdownReport.ts`. Sanitized. */
import type { ArmReport, BenchmarkReport } from "./BenchmarkReport.ts"
import * as CostText from "./CostText.ts"
import * as Figures from "./Figures.ts"
import * as JudgeText from "./JudgeText.ts"
import { oneLine } from "./PlainText.ts"
import * as SkippedText from "./SkippedText.ts"

export const SIMULATED =
  "SIMULATED: these answers were made up by Spillway's simulated provider. They say nothing about a real model."

/** Requests that the model did not answer. */
export const unanswered = (arm: ArmReport): number =>
  arm.refused + arm.truncated + arm.filtered + arm.empty + (arm.offSchema ?? 0)

/** `2 refused, 1 off-schema` */
export const unansweredParts = (arm: ArmReport): string =>
  Object.entries({
    refused: arm.refused,
    truncated: arm.truncated,
    filtered: arm.filtered,
    empty: arm.empty,
    "off-schema": arm.offSchema ?? 0
  })
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${Figures.count(count)} ${reason}`)
    .join(", ")

/** How items without an answer count, and what the score would be the other way. */
export const policy = ({ noAnswerPolicy, arms }: BenchmarkReport): string => {
  const wrong = noAnswerPolicy === "wrong"
  const counts = wrong ? "counts as wrong" : "is left out"
  if (arms.every((arm) => unanswered(arm) === 0)) return `No answer ${counts}; there was none such.`
  const others = arms.map((arm) => {
    const [first] = arm.scorers
    const other = wrong ? first?.noAnswerExcluded : first?.noAnswerWrong
    const mean = Figures.percent(other?.mean ?? null)
    return arms.length === 1 ? mean : `${oneLine(arm.label)} ${mean}`
  })
  const otherwise = wrong ? "Left out" : "Counted as wrong"
  return `No answer ${counts}. ${otherwise}: ${others.join(", ")}.`
}

export const throughput = ({ requests, elapsedSeconds }: BenchmarkReport): string => {
  const { items, sent, retries, rateLimited, fromStore, unknownOutcome } = requests
  const parts = [
    `${Figures.plural(items, "request")} in ${Figures.duration(elapsedSeconds)}`,
    `${Figures.count(sent)} sent${sent === 0 ? "" : ` (${Figures.rate(sent, elapsedSeconds)})`}`,
    ...(fromStore === 0 ? [] : [`${Figures.count(fromStore)} from the store`]),
    `${Figures.count(retries)} ${retries === 1 ? "retry" : "retries"}`,
    ...(rateLimited === 0 ? [] : [`${Figures.count(rateLimited)} answered 429`]),
    ...(unknownOutcome === 0 ? [] : [`${Figures.count(unknownOutcome)} of unknown outcome`])
  ]
  return `${parts.join(", ")}.`
}

export const tokens = ({ usage }: BenchmarkReport): string =>
  `${Figures.count(usage.inputTokens)} input tokens (${Figures.count(usage.cachedInputTokens)} cached), ` +
  `${Figures.count(usage.outputTokens)} output (${Figures.count(usage.reasoningTokens)} reasoning).`

export const cost = ({ costUsd, spentUsd }: BenchmarkReport): string =>
  `Cost of these answers: ${Figures.usd(costUsd)}. Spent by this run: ${Figures.usd(spentUsd)}.`

/** What the money of this start went for, that of each arm, and that of judges; nothing where there is nothing to tell apart. */
export const spending = (report: BenchmarkReport): ReadonlyArray<string> => {
  const { arms, cost } = report
  const start =
    cost !== undefined && CostText.isTelling(cost) ? [`This start: ${CostText.line(cost)}.`] : []
  const byArm = arms.flatMap((arm) =>
    arm.cost !== undefined && CostText.isTelling(arm.cost)
      ? [`${oneLine(arm.label)}: ${CostText.line(arm.cost)}`]
      : []
  )
  return [
    ...start,
    ...(byArm.length === 0 ? [] : [`By arm: ${byArm.join(" · ")}.`]),
    ...JudgeText.lines(report)
  ]
}

/** What the intervals took for independent, where that is not the items. */
export const groups = ({ arms }: BenchmarkReport): ReadonlyArray<string> => {
  const most = Math.max(...arms.map((arm) => arm.groups ?? 0))
  return most === 0
    ? []
    : [
        `Intervals take groups of items for independent, not the items: ${Figures.count(most)} of them.`
      ]
}

/** What must be read before the numbers. */
export const warnings = (report: BenchmarkReport): ReadonlyArray<string> => [
  ...(report.simulated ? [SIMULATED] : []),
  ...(report.complete ? [] : [unfinished(report)])
]

const unfinished = ({ requests, stopped }: BenchmarkReport): string =>
  [
    requests.missing === 0
      ? "UNFINISHED: the run stopped before its end."
      : `UNFINISHED: ${Figures.count(requests.missing)} of ${Figures.plural(requests.items, "request")} are missing; the numbers are of the others.`,
    ...(stopped === null ? [] : [oneLine(stopped)])
  ].join(" ")

/** How many answers have no number by the scorer that the report leads with; those of the others stand in its table. */
const unjudged = ({ arms }: BenchmarkReport): ReadonlyArray<string> => {
  const count = arms.reduce((sum, { scorers: [first] }) => sum + (first?.scoreFailed ?? 0), 0)
  const scorer = arms[0]?.scorers[0]?.scorer ?? ""
  return count === 0
    ? []
    : [
        `${Figures.plural(count, "answer")} without a score by ${oneLine(scorer)}, in none of its means.`
      ]
}

/** Everything else that a reader must not overlook. */
export const notices = (report: BenchmarkReport): ReadonlyArray<string> => [
  ...(report.skipped === undefined ? [] : SkippedText.lines(report.skipped)),
  ...report.failures.map(({ reason, items, advice }) =>
    `${Figures.count(items)} failed (${oneLine(reason)}), in no score. ${oneLine(advice)}`.trim()
  ),
  ...unjudged(report),
  ...report.scoreFailures.map(
    ({ scorer, reason }) => `${oneLine(scorer)} could not judge an answer: ${oneLine(reason)}`
  ),
  ...report.warnings.map(oneLine)
]
