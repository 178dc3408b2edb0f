/** A report with something in every field. */
import type {
  ArmReport,
  BenchmarkReport,
  ComparisonReport,
  RepeatsReport
} from "spillway/report/BenchmarkReport"

const score = { mean: 0.8792, ci95: [0.8321, 0.9145], n: 240 } as const

export const arm = (more: Partial<ArmReport> = {}): ArmReport => ({
  label: "gpt-6-luna",
  model: "gpt-6-luna",
  servedModels: ["gpt-6-luna-2026-09-01"],
  temperature: null,
  reasoningEffort: null,
  repeats: 1,
  items: 240,
  scored: 235,
  wrong: 24,
  refused: 1,
  truncated: 2,
  filtered: 0,
  empty: 0,
  failed: 2,
  missing: 0,
  score,
  scorers: [
    {
      scorer: "lastNumber@1",
      noAnswerWrong: score,
      noAnswerExcluded: { mean: 0.8904, ci95: [0.8441, 0.9242], n: 237 },
      scoreFailed: 0
    }
  ],
  latencySeconds: { p50: 1.234, p95: 3.21, p99: 14.5 },
  costUsd: 0.0123,
  ...more
})

export const report = (more: Partial<BenchmarkReport> = {}): BenchmarkReport => ({
  spillway: "0.1.0",
  benchmark: "gsm8k",
  run: "monday",
  mode: "online",
  simulated: false,
  complete: true,
  stopped: null,
  elapsedSeconds: 12.34,
  noAnswerPolicy: "wrong",
  requests: {
    items: 240,
    answered: 235,
    noAnswer: 3,
    failed: 2,
    missing: 0,
    fromStore: 0,
    sent: 245,
    retries: 5,
    rateLimited: 4,
    unknownOutcome: 0
  },
  usage: {
    inputTokens: 52_114,
    cachedInputTokens: 0,
    outputTokens: 21_043,
    reasoningTokens: 12
  },
  costUsd: 0.0123,
  spentUsd: 0.0125,
  arms: [arm()],
  failures: [{ reason: "ServerError", items: 2, advice: "Try again later." }],
  scoreFailures: [],
  warnings: [],
  ...more
})

/** `gpt-4.1-mini` gained 3.1 points. */
export const comparison: ComparisonReport = {
  a: "gpt-6-luna",
  b: "gpt-4.1-mini",
  items: 1_319,
  meanA: 0.848,
  meanB: 0.879,
  difference: 0.0311,
  ci95: [0.0041, 0.0582],
  bootstrapCi95: [0.0035, 0.0579],
  p: 0.0204,
  pHolm: 0.0612,
  test: "mcnemar",
  table: { both: 1_070, onlyA: 49, onlyB: 90, neither: 110 }
}

const share = (mean: number) => ({ mean, ci95: [mean - 0.05, mean + 0.05], n: 80 }) as const

export const repeated: RepeatsReport = {
  variance: {
    within: 0.06,
    between: 0.04,
    shareWithin: 0.6,
    shareBetween: 0.4,
    intraclass: 0.4
  },
  agreement: { items: 80, allEqual: 0.75, pairwise: 0.8125, alpha: 0.614 },
  majority: share(0.9),
  passAt: [
    { k: 1, passAtK: share(0.85), passHatK: share(0.85) },
    { k: 2, passAtK: share(0.9), passHatK: share(0.8) },
    { k: 3, passAtK: share(0.925), passHatK: share(0.7) }
  ]
}

const mini = { label: "gpt-4.1-mini", model: "gpt-4.1-mini" }

export const low = { mean: 0.848, ci95: [0.7989, 0.8873], n: 240 } as const

const [first] = arm().scorers
const strict = {
  scorer: "exactMatch@2",
  noAnswerWrong: low,
  noAnswerExcluded: { ...low, mean: 0.85 },
  scoreFailed: 3
}

/** A report with all sections. */
export const full = report({
  arms: [
    arm({ scorers: first === undefined ? [] : [first, strict], groups: 40, repeats: 3, repeated }),
    arm({ ...mini, score: low, offSchema: 4 })
  ],
  comparisons: [{ ...comparison, pHolm: comparison.p }],
  temperatureCurves: [
    {
      name: "gpt-6-luna",
      points: [
        { temperature: 0, score: arm().score },
        { temperature: 0.7, score: low },
        { temperature: 1, score: { mean: null, ci95: null, n: 0 } }
      ]
    }
  ],
  tags: [{ tag: "algebra", items: 120, scores: [arm().score, low] }]
})
