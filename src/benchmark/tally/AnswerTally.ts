/** What one arm's answers cost, how long they took and which models gave them. Mutable, and owned by one pass. */
import * as CostReport from "../../cost/CostReport.ts"
import { NanoUsd } from "../../cost/Money.ts"
import * as SpendCount from "../../cost/SpendCount.ts"
import type { ModelInfo } from "../../model/ModelInfo.ts"
import type { ArmReport } from "../../report/BenchmarkReport.ts"
import type { ModelResponse } from "../../request/ModelResponse.ts"
import * as ActiveRun from "../../run/ActiveRun.ts"
import { type ItemResult, latencyOf, paidOf, responsesOf } from "../ItemResult.ts"
import * as Percentiles from "../Percentiles.ts"

export interface AnswerTally {
  readonly add: (result: ItemResult) => void
  readonly report: () => Pick<ArmReport, "servedModels" | "latencySeconds" | "costUsd" | "cost">
}

/** @param model the catalogue's entry, where it knows the arm's model */
export const make = (model: ModelInfo | undefined): AnswerTally => {
  const served = new Set<string>()
  const latencies = Percentiles.make()
  const spending = ActiveRun.counters()
  let cost = 0
  let priced = true

  /** Of attempts without an answer nobody knows which were tried again; before an answer all of them were. */
  const countLost = (result: ItemResult) => {
    const { lost = 0 } = result
    if (lost === 0) return
    const response = "response" in result ? result.response : undefined
    SpendCount.unknown(spending, response?.mode ?? "online", NanoUsd(lost))
    if (response !== undefined) SpendCount.retried(spending, lost)
  }

  const countCost = (response: ModelResponse) => {
    const paid = NanoUsd(response.cost)
    cost += paid
    SpendCount.answered(spending, response.mode ?? "online", { ...response, model }, paid)
  }

  const add = (result: ItemResult) => {
    countLost(result)
    for (const { servedModel } of responsesOf(result)) served.add(servedModel)
    for (const response of paidOf(result)) {
      countCost(response)
      if (response.unpriced === true) priced = false
    }
    const latencyMs = latencyOf(result)
    if (latencyMs !== undefined) latencies.add(latencyMs / 1000)
  }

  return {
    add,
    report: () => ({
      servedModels: [...served].sort(),
      latencySeconds: { p50: latencies.at(0.5), p95: latencies.at(0.95), p99: latencies.at(0.99) },
      costUsd: priced ? cost / 1e9 : null,
      cost: CostReport.make(spending)
    })
  }
}
