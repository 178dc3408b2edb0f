/** A report with something in every field. */
import type { ArmReport, BenchmarkReport } from "spillway/report/BenchmarkReport"

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
