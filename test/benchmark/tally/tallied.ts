/** Results of a scripted run, folded into a report as a scoring pass does it. */
import type { Arm } from "spillway/benchmark/Arm"
import * as BenchmarkTally from "spillway/benchmark/BenchmarkTally"
import type { ItemResult } from "spillway/benchmark/ItemResult"
import type { NoAnswerReason } from "spillway/request/ModelResponse"
import * as ActiveRun from "spillway/run/ActiveRun"
import { answer } from "../responses.ts"

export const arm = (label: string, more: Partial<Arm> = {}): Arm => ({
  model: label,
  temperature: undefined,
  reasoningEffort: undefined,
  prompt: undefined,
  label,
  ...more
})

/** An answer with the first scorer's score. */
export const scored = (value: number, extracted?: string): ItemResult => ({
  _tag: "Scored",
  response: answer(extracted ?? ""),
  scores: [{ _tag: "Score", value, ...(extracted === undefined ? {} : { extracted }) }]
})

export const none = (reason: NoAnswerReason = "refused"): ItemResult => ({
  _tag: "NoAnswer",
  reason,
  response: answer("")
})

export const failed: ItemResult = {
  _tag: "Failed",
  failure: {
    reason: "ServerError",
    message: "it went wrong",
    advice: "Try again later.",
    retryable: true,
    billed: "no",
    attempts: 5
  }
}

export interface Item {
  /** Arm by arm the results of its repeats; a number is an answer's score. */
  readonly results: ReadonlyArray<ReadonlyArray<ItemResult | number>>
  readonly tags?: ReadonlyArray<string>
  readonly group?: string
}

export interface Options {
  readonly arms?: ReadonlyArray<Arm>
  readonly noAnswer?: "wrong" | "exclude"
  readonly scorers?: ReadonlyArray<string>
}

export const report = (
  items: ReadonlyArray<Item>,
  { arms = [arm("a"), arm("b")], noAnswer = "wrong", scorers = ["right"] }: Options = {}
) => {
  const repeats = Math.max(...items.flatMap(({ results }) => results.map(({ length }) => length)))
  const judged = {
    name: "scripted",
    noAnswer,
    scorers: scorers.map((name) => ({ name, version: 1 }))
  }
  const tally = BenchmarkTally.make(judged, arms, repeats)
  for (const { group, results, tags = [] } of items) {
    tally.add(
      { tags, group },
      results.map((some) => some.map((one) => (typeof one === "number" ? scored(one) : one)))
    )
  }
  return tally.report({
    active: ActiveRun.ephemeral(),
    mode: "online",
    simulated: false,
    elapsedSeconds: 1
  })
}

/** Items of two arms by who got them right. */
export const table = (
  both: number,
  onlyA: number,
  onlyB: number,
  neither: number
): ReadonlyArray<Item> =>
  [
    { count: both, results: [[1], [1]] },
    { count: onlyA, results: [[1], [0]] },
    { count: onlyB, results: [[0], [1]] },
    { count: neither, results: [[0], [0]] }
  ].flatMap(({ count, results }) => Array.from({ length: count }, () => ({ results })))
