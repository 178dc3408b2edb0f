/** What the store keeps of an item once it is scored: `checkpoint/ItemRecord.ts`. */
import type { ItemRecord, ScoreRecord, TrialRecord } from "../checkpoint/ItemRecord.ts"
import type { RequestKey } from "../checkpoint/RequestKey.ts"
import * as TokenUsage from "../request/TokenUsage.ts"
import { type Conversation, keysOf } from "./Conversation.ts"
import { type ItemResult, latencyOf, paidOf, responsesOf } from "./ItemResult.ts"
import type { Sample } from "./Samples.ts"
import type { ScoreOutcome } from "./Scorer.ts"
import * as ShownPrompt from "./ShownPrompt.ts"

export interface ScoredTrial<out Item> {
  readonly conversation: Conversation<Item>
  readonly result: ItemResult
}

/**
 * @param scorers their ids, as `lastNumber@1`
 * @param byArm the item's trials, arm by arm
 */
export const make = <Item>(
  scorers: ReadonlyArray<string>,
  sample: Sample<Item>,
  byArm: ReadonlyArray<ReadonlyArray<ScoredTrial<Item>>>
): ItemRecord => {
  const { group, id, index, line, tags, target } = sample
  return {
    itemId: id,
    ...{ index, line, target, tags: [...tags] },
    ...(group === undefined ? {} : { group }),
    prompts: promptsOf(byArm),
    trials: byArm.flatMap((trials) => trials.map((trial) => trialOf(trial, scorers)))
  }
}

/** Once for each variant: arms that differ otherwise ask the same. */
const promptsOf = <Item>(
  byArm: ReadonlyArray<ReadonlyArray<ScoredTrial<Item>>>
): ItemRecord["prompts"] => {
  const shown = new Map<string, ItemRecord["prompts"][number]["messages"]>()
  for (const [trial] of byArm) {
    if (trial === undefined) continue
    const { asked, trial: asking } = trial.conversation
    const variant = asking.arm.prompt ?? ""
    const [first] = asked
    // A request that could not be made has no prompt; another arm's may have.
    if ((shown.get(variant)?.length ?? 0) > 0) continue
    shown.set(variant, first._tag === "Ready" ? [...ShownPrompt.of(first.request.body)] : [])
  }
  return [...shown].map(([variant, messages]) => ({ variant, messages }))
}

const trialOf = (
  { conversation, result }: ScoredTrial<unknown>,
  scorers: ReadonlyArray<string>
): TrialRecord => {
  const { arm, repeat } = conversation.trial
  const keys = madeOf(conversation, result)
  const turns = turnsOf(conversation, result)
  return {
    arm: arm.label,
    repeat,
    end: endOf(result),
    keys: [...keys],
    ...(turns === keys.length ? {} : { turns }),
    scores:
      result._tag === "Scored"
        ? result.scores.map((outcome, index) => scoreOf(scorers[index] ?? "", outcome))
        : [],
    ...("failure" in result && result.failure !== undefined ? { failure: result.failure } : {}),
    ...(result._tag === "NoAnswer" && result.problem !== undefined
      ? { problem: result.problem }
      : {}),
    ...answersOf(result),
    ...(result.shared === true ? { shared: true } : {})
  }
}

/** Without the one that the run stopped before. */
const madeOf = (
  { asked }: Conversation<unknown>,
  { _tag }: ItemResult
): ReadonlyArray<RequestKey> => keysOf(_tag === "Missing" ? asked.slice(0, -1) : asked)

/** An end without an answer is of a turn that is not among the conversation's own. */
const turnsOf = ({ end, turns }: Conversation<unknown>, result: ItemResult): number =>
  turns.length + (result._tag === "NoAnswer" && end?._tag === "NoAnswer" ? 1 : 0)

const endOf = (result: ItemResult): TrialRecord["end"] => {
  switch (result._tag) {
    case "Scored":
      return "scored"
    case "NoAnswer":
      return result.reason
    case "Failed":
      return "failed"
    case "Missing":
      return "missing"
  }
}

const scoreOf = (scorer: string, outcome: ScoreOutcome): ScoreRecord => {
  if (outcome._tag === "ScoreFailed") return { scorer, failed: outcome.reason }
  const { _tag, ...score } = outcome
  return { scorer, ...score }
}

/** All turns together. */
const answersOf = (result: ItemResult): Partial<TrialRecord> => {
  const last = responsesOf(result).at(-1)
  if (last === undefined) return {}
  const paid = paidOf(result)
  const latencyMs = latencyOf(result)
  const usage = paid.reduce((sum, one) => TokenUsage.add(sum, one.usage), TokenUsage.none)
  const priced = paid.every(({ unpriced }) => unpriced !== true)
  return {
    servedModel: last.servedModel,
    ...(latencyMs === undefined ? {} : { latencyMs }),
    inputTokens: usage.input,
    outputTokens: usage.output,
    ...(priced ? { cost: paid.reduce((sum, { cost }) => sum + cost, 0) } : {})
  }
}
