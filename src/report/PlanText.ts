/**
 * What a run would do, as `--plan` prints it: the JSON as it is, which is stable (fields are added, none is renamed or
 * removed), and as text. Made in `layers/cli/RunPlan.ts`.
 */
import type { Estimate } from "../cost/Estimate.ts"
import type { Range } from "../cost/Range.ts"
import * as Figures from "./Figures.ts"
import { oneLine } from "./PlainText.ts"
import * as Sensitivity from "./Sensitivity.ts"

export interface RunPlan {
  readonly name: string
  readonly mode: "online" | "batch" | "hybrid"
  readonly simulated: boolean
  /** Items by what becomes of them: all of them together are `items`. */
  readonly items: number
  readonly toSend: number
  /** Their answer is in the store. */
  readonly answered: number
  /** They share the answer of another item, with `--dedupe`. */
  readonly shared: number
  /** No model takes them: they fail without being sent. */
  readonly refused: number
  /** The first of those. */
  readonly refusals: ReadonlyArray<{ readonly item: string; readonly problem: string }>
  readonly inputTokens: Range
  readonly outputTokens: Range
  readonly online: { readonly requests: number }
  readonly batch: { readonly requests: number; readonly batches: number }
  /** Expected and with 95% probability; `null` where nothing is to be sent. */
  readonly endsAt: { readonly expected: string; readonly p95: string } | null
  readonly deadline: {
    readonly at: string
    /** Chance that it is met, 0 to 1. */
    readonly chance: number
    readonly feasible: boolean
  } | null
  /** In this mode, and for comparison everything in real time, and by batch. */
  readonly costUsd: Range
  readonly costOnlineUsd: Range
  readonly costBatchUsd: Range
  /** What the interval rests on: `cost/Estimate.ts`. */
  readonly basis: Estimate["basis"]
  /** Requests whose price is not known: in the tokens, not in the cost. */
  readonly unpriced: number
  readonly capUsd: number | null
  /** Of a benchmark: what its items could show. */
  readonly sensitivity?: Sensitivity.Sensitivity
  /** What was weighed, for people. */
  readonly why: string
  readonly warnings: ReadonlyArray<string>
}

const interval = ({ expected, high, low }: Range, show: (value: number) => string): string =>
  low === high ? show(expected) : `${show(expected)} (${show(low)} to ${show(high)})`

const basis: Readonly<Record<Estimate["basis"], string>> = {
  measured: "measured on answers in the store: 90% certain",
  mixed: "some models measured, for others the widest bounds",
  bounds: "nothing measured yet: the widest bounds"
}

const moment = (iso: string): string => `${iso.slice(0, 16).replace("T", " ")}Z`

const where = ({ batch, online }: RunPlan): string =>
  [
    ...(batch.requests === 0
      ? []
      : [
          `${Figures.count(batch.requests)} by batch (${Figures.plural(batch.batches, "batch", "batches")})`
        ]),
    ...(online.requests === 0 ? [] : [`${Figures.count(online.requests)} in real time`])
  ].join(", ")

/** @param now Unix milliseconds */
export const render = (plan: RunPlan, now: number): string => {
  const { deadline, endsAt } = plan
  const counts = [
    `${Figures.count(plan.toSend)} to send`,
    ...(plan.answered === 0 ? [] : [`${Figures.count(plan.answered)} answered before`]),
    ...(plan.shared === 0 ? [] : [`${Figures.count(plan.shared)} share an answer`]),
    ...(plan.refused === 0 ? [] : [`${Figures.count(plan.refused)} refused`])
  ]
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["requests", counts.join(", ")],
    ...(plan.toSend === 0
      ? []
      : ([
          ["input", `${interval(plan.inputTokens, Figures.count)} tokens`],
          ["output", `${interval(plan.outputTokens, Figures.count)} tokens`],
          ["where", where(plan)]
        ] as const)),
    ...(endsAt === null
      ? []
      : ([
          [
            "end",
            `in about ${Figures.duration((Date.parse(endsAt.expected) - now) / 1000)}; 95% by ${moment(endsAt.p95)}`
          ]
        ] as const)),
    ...(deadline === null
      ? []
      : ([
          [
            "deadline",
            `${moment(deadline.at)}, met in ${Math.floor(100 * deadline.chance)}% of cases${deadline.feasible ? "" : ": NOT FEASIBLE"}`
          ]
        ] as const)),
    ...(plan.toSend === 0
      ? []
      : ([
          ["cost", interval(plan.costUsd, Figures.usd)],
          ["", basis[plan.basis]],
          [
            "",
            `all in real time ${Figures.usd(plan.costOnlineUsd.expected)}, all by batch ${Figures.usd(plan.costBatchUsd.expected)}`
          ]
        ] as const)),
    ...(plan.unpriced === 0
      ? []
      : ([
          ["", `${Figures.count(plan.unpriced)} requests without a known price not included`]
        ] as const)),
    ...(plan.capUsd !== null && plan.costUsd.expected > plan.capUsd
      ? ([
          ["", `more than the cap of ${Figures.usd(plan.capUsd)}: the run would stop there`]
        ] as const)
      : []),
    ...(plan.sensitivity === undefined ? [] : Sensitivity.lines(plan.sensitivity))
  ]
  return [
    `${oneLine(plan.name)} · ${plan.mode}${plan.simulated ? " · SIMULATED" : ""} · a plan: nothing was sent`,
    ...rows.map(([name, text]) => `  ${name.padEnd(9)} ${text}`.trimEnd()),
    ...(plan.why === "" ? [] : [`  ${plan.why}`]),
    ...plan.refusals.map(({ item, problem }) => `  refused ${oneLine(item)}: ${oneLine(problem)}`),
    ...plan.warnings.map((warning) => `  warning: ${oneLine(warning)}`)
  ].join("\n")
}
