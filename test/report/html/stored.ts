/** A benchmark's run in a store, with something in every field that a page shows. */
import { Effect, Stream } from "effect"
import * as Arr from "effect/Array"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import type { ItemRecord, TrialRecord } from "spillway/checkpoint/ItemRecord"
import { RequestKey } from "spillway/checkpoint/RequestKey"
import type { RunRecord, Vitals } from "spillway/checkpoint/RunRecord"
import * as Seeded from "spillway/random/Seeded"
import type { ArmReport, BenchmarkReport } from "spillway/report/BenchmarkReport"
import type { ModelResponse } from "spillway/request/ModelResponse"
import { arm, report } from "../report.ts"

export const LABELS = ["gpt-6-luna t=0", "gpt-6-luna t=0.7", "gpt-6-terra t=0", "gpt-6-terra t=0.7"]

const score = (mean: number, n = 400) => {
  const half = 1.96 * Math.sqrt((mean * (1 - mean)) / n)
  return { mean, ci95: [mean - half, mean + half] as const, n }
}

const cost = (onlineUsd: number, batchUsd = 0) => ({
  totalUsd: onlineUsd + batchUsd,
  onlineUsd,
  batchUsd,
  cachedInputUsd: onlineUsd / 5,
  unknownUsd: onlineUsd / 50,
  retriedUsd: onlineUsd / 80,
  duplicatedUsd: 0,
  savedByBatchUsd: batchUsd,
  savedByCachingUsd: onlineUsd / 3
})

const MEANS = [0.812, 0.793, 0.874, 0.861]

const armReport = (label: string, index: number): ArmReport => {
  const mean = MEANS[index % MEANS.length] ?? 0.5
  return arm({
    label,
    model: label.split(" ")[0] ?? label,
    servedModels: [`${label.split(" ")[0]}-2026-09-01`],
    temperature: index % 2 === 0 ? 0 : 0.7,
    repeats: 2,
    items: 400,
    scored: 388,
    wrong: 60 + index,
    refused: 1,
    truncated: 5,
    offSchema: 1,
    failed: 5,
    score: score(mean),
    scorers: ["lastNumber@1", "judge@2"].map((scorer) => ({
      scorer,
      noAnswerWrong: score(mean),
      noAnswerExcluded: score(mean + 0.02, 390),
      scoreFailed: index
    })),
    latencySeconds: { p50: 1.234 + index, p95: 3.21 + index, p99: 14.5 },
    costUsd: 0.12 * (index + 1),
    cost: cost(0.1 * (index + 1), 0.02 * (index + 1)),
    repeated: {
      variance: {
        within: 0.04,
        between: 0.12,
        shareWithin: 0.25,
        shareBetween: 0.75,
        intraclass: 0.75
      },
      agreement: { items: 200, allEqual: 0.83, pairwise: 0.86, alpha: 0.71 },
      majority: score(mean + 0.01),
      passAt: [1, 2, 5].map((k) => ({
        k,
        passAtK: score(1 - (1 - mean) ** k),
        passHatK: score(mean ** k)
      }))
    }
  })
}

/** Something in every field. */
export const fullReport = (more: Partial<BenchmarkReport> = {}): BenchmarkReport => {
  const arms = LABELS.map(armReport)
  return report({
    run: "monday",
    simulated: true,
    arms,
    cost: cost(1, 0.2),
    comparisons: LABELS.slice(1).map((b, index) => ({
      a: LABELS[0] ?? "",
      b,
      items: 200,
      meanA: 0.812,
      meanB: MEANS[index + 1] ?? 0,
      difference: (MEANS[index + 1] ?? 0) - 0.812,
      ci95: [(MEANS[index + 1] ?? 0) - 0.852, (MEANS[index + 1] ?? 0) - 0.772],
      bootstrapCi95: [(MEANS[index + 1] ?? 0) - 0.85, (MEANS[index + 1] ?? 0) - 0.77],
      p: 0.012 * (index + 1),
      pHolm: 0.036,
      test: "student",
      table: { both: 150, onlyA: 10, onlyB: 22, neither: 18 }
    })),
    temperatureCurves: ["gpt-6-luna", "gpt-6-terra"].map((name, index) => ({
      name,
      points: [0, 0.3, 0.7, 1].map((temperature) => ({
        temperature,
        score: score(0.81 + index * 0.06 - temperature * 0.05)
      }))
    })),
    tags: ["algebra", "geometry", "number theory", "probability"].map((tag, index) => ({
      tag,
      items: 50 - index,
      scores: MEANS.map((mean) => score(mean - index * 0.05, 100))
    })),
    judges: [
      {
        scorer: "judge@2",
        model: "gpt-6-terra",
        asked: 1552,
        judged: 1540,
        costUsd: 0.31,
        inputTokens: 400_000,
        outputTokens: 30_000
      }
    ],
    skipped: {
      items: 2,
      first: ["problems.jsonl:12: question: expected a text", "problems.jsonl:80"]
    },
    scoreFailures: [{ scorer: "judge@2", reason: "the verdict holds no number" }],
    warnings: ["gpt-6-luna retires on 2027-01-31."],
    ...more
  })
}

const keyOf = (item: number, place: number, repeat: number) =>
  RequestKey.make(`${item}-${place}-${repeat}`.padEnd(64, "0"))

const response = (text: string): ModelResponse => ({
  id: "r",
  text,
  toolCalls: [],
  finishReason: "stop",
  usage: { input: 210, cached: 0, cacheWrite: 0, output: 90, reasoning: 0 },
  servedModel: "gpt-6-luna-2026-09-01",
  cost: 52_000,
  latencyMs: 1200,
  attempts: 1,
  requestIds: [],
  simulated: true
})

export interface Shape {
  readonly items: number
  readonly labels?: ReadonlyArray<string>
  readonly repeats?: number
  /** What every answer says. */
  readonly answer?: string
  readonly prompt?: string
}

const trial = (item: number, arm: string, place: number, repeat: number): TrialRecord => {
  const random = Seeded.seeded(7, item, place, repeat)
  const draw = random.next()
  const base = { arm, repeat, keys: [keyOf(item, place, repeat)] }
  const measures = {
    servedModel: "gpt-6-luna-2026-09-01",
    latencyMs: random.logNormal(1300 + 500 * place, 0.5),
    inputTokens: 210,
    outputTokens: 90,
    cost: 52_000
  }
  if (draw < 0.02) {
    const failure = {
      reason: "ServerError",
      message: "500 Internal error.",
      advice: "Try again later.",
      retryable: true,
      billed: "no" as const,
      attempts: 4
    }
    return { ...base, end: "failed", scores: [], failure }
  }
  if (draw < 0.05) return { ...base, ...measures, end: "truncated", scores: [] }
  const right = draw < 0.85
  return {
    ...base,
    ...measures,
    end: "scored",
    scores: [
      {
        scorer: "lastNumber@1",
        value: right ? 1 : 0,
        extracted: right ? "18" : "17",
        ...(right ? {} : { explanation: "17 is not 18" })
      }
    ]
  }
}

export const itemRecord = (index: number, shape: Shape): ItemRecord => {
  const { labels = LABELS, prompt = "Janet’s ducks lay 16 eggs per day.", repeats = 1 } = shape
  return {
    itemId: `item-${index}`,
    index,
    line: index + 1,
    target: "18",
    tags: [["algebra", "geometry", "number theory"][index % 3] ?? ""],
    prompts: [
      {
        variant: "",
        messages: [
          { role: "system", text: "You are a careful mathematician." },
          { role: "user", text: `Question ${index}: ${prompt}` }
        ]
      }
    ],
    trials: labels.flatMap((label, place) =>
      Array.from({ length: repeats }, (_, repeat) => trial(index, label, place, repeat))
    )
  }
}

const looks = (start: number, count: number): ReadonlyArray<Vitals> =>
  Array.from({ length: count }, (_, second) => ({
    _tag: "Vitals",
    start,
    at: start + second * 1000,
    answered: Math.round(second * 18 + 6 * Math.sin(second)),
    noAnswer: Math.floor(second / 10),
    failed: 0,
    fromStore: 0,
    sent: second * 19,
    retries: Math.floor(second / 4),
    rateLimited: Math.floor(second / 6),
    spent: second * 1000,
    inFlight: second === 0 || second === count - 1 ? 0 : 30 + Math.round(5 * Math.sin(second / 2)),
    quotaShare: Math.min(0.93, second / 20)
  }))

/** Writes it down as a run does, and returns its summary. */
export const store = Effect.fnUntraced(function* (
  shape: Shape,
  stored: BenchmarkReport | null = fullReport()
) {
  const checkpoints = yield* CheckpointStore
  const { answer = "She eats 3 and sells the rest.\n#### 18", items } = shape
  const records = Array.from({ length: items }, (_, index) => itemRecord(index, shape))
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const journal = yield* checkpoints.open({ name: "monday" })
      const answered = records.flatMap(({ trials }) =>
        trials
          .filter(({ end }) => end !== "failed")
          .flatMap(
            ({ keys }): ReadonlyArray<RunRecord> =>
              keys.map((key) => ({
                _tag: "Answered",
                key,
                attempt: 0,
                at: 0,
                response: response(answer)
              }))
          )
      )
      const log: ReadonlyArray<RunRecord> = [
        ...answered,
        ...looks(1_795_000_000_000, 40),
        ...looks(1_795_000_900_000, 20),
        ...(stored === null ? [] : [{ _tag: "Reported", report: { ...stored } } as RunRecord])
      ]
      if (Arr.isReadonlyArrayNonEmpty(log)) yield* journal.append(log)
      yield* journal.replaceResults(Stream.fromIterable(records))
      return journal.run
    })
  )
})
