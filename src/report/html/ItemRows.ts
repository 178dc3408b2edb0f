/**
 * Items as a page holds them: cut to what can be read, texts that come again (the examples before every question) kept
 * once. It is the JSON that `ItemScript.ts` works on.
 */

import type { ItemRecord, ScoreRecord, TrialRecord } from "../../checkpoint/ItemRecord.ts"
import type { RequestKey } from "../../checkpoint/RequestKey.ts"
import type { ModelResponse } from "../../request/ModelResponse.ts"
import * as Figures from "../Figures.ts"
import { type Ending, endingOf } from "./ItemSample.ts"
import { type Cut, cut, oneLine } from "./VisibleText.ts"

/** Characters shown of a prompt's message and of an answer. */
export const MAX_TEXT = 20_000
/** Of targets, reasons and advice. */
const MAX_WORDS = 2_000
const MAX_NAME = 200
/** Tags of an item, and variants of its prompt. */
const MAX_TAGS = 30
/** Trials of an item with their answers; all of them count in its marks. */
const MAX_TRIALS = 60

/** A text that may have been cut: its place in `texts`, and how many characters are missing. */
export type TextRef = readonly [text: number, left: number]

export interface TrialRow {
  /** Place in the page's list of arms. */
  readonly arm: number
  /** From 1; absent where items are asked once. */
  readonly repeat?: number
  readonly ending: Ending
  /** What to call the end, as `truncated`. */
  readonly end: string
  readonly scores: ReadonlyArray<{
    readonly scorer: string
    readonly value?: number
    readonly failed?: string
    readonly explanation?: string
    readonly extracted?: string
  }>
  /** One for each turn. */
  readonly answers: ReadonlyArray<TextRef>
  /** What went wrong and what to do, for trials without a score. */
  readonly problem?: string
  /** Names and numbers, as `["Latency", "1.20 s"]`. */
  readonly facts: ReadonlyArray<readonly [string, string]>
}

/** How often each end came in one arm, in the order of `endings`. */
export type Tally = readonly [arm: number, counts: ReadonlyArray<number>]

export interface ItemRow {
  readonly id: string
  readonly line: number
  readonly target: string
  readonly tags: ReadonlyArray<string>
  readonly group?: string
  readonly prompts: ReadonlyArray<{
    readonly variant: string
    readonly messages: ReadonlyArray<readonly [role: string, ...TextRef]>
  }>
  readonly tallies: ReadonlyArray<Tally>
  readonly trials: ReadonlyArray<TrialRow>
  /** Trials that are not shown. */
  readonly moreTrials: number
}

export const endings = [
  "right",
  "partly",
  "wrong",
  "unjudged",
  "noAnswer",
  "failed",
  "missing"
] as const satisfies ReadonlyArray<Ending>

/** What of an item is kept until it is known whether it is shown: no text is longer than a page shows. */
export interface KeptItem extends Omit<ItemRow, "prompts" | "tallies" | "trials"> {
  /** Position in the dataset. */
  readonly index: number
  readonly prompts: ReadonlyArray<{
    readonly variant: string
    readonly messages: ReadonlyArray<readonly [role: string, text: Cut]>
  }>
  readonly tallies: ReadonlyArray<readonly [arm: string, counts: ReadonlyArray<number>]>
  readonly trials: ReadonlyArray<TrialRecord>
}

export const keep = (item: ItemRecord): KeptItem => {
  const { group, index, itemId, line, prompts, tags, target, trials } = item
  return {
    id: name(itemId),
    index,
    line,
    target: words(target),
    tags: tags.slice(0, MAX_TAGS).map(name),
    ...(group === undefined ? {} : { group: name(group) }),
    prompts: prompts.slice(0, MAX_TAGS).map(({ messages, variant }) => ({
      variant: name(variant),
      messages: messages.map(({ role, text }) => [name(role), cut(text, MAX_TEXT)] as const)
    })),
    tallies: talliesOf(trials),
    trials: trials.slice(0, MAX_TRIALS),
    moreTrials: Math.max(0, trials.length - MAX_TRIALS)
  }
}

const talliesOf = (trials: ReadonlyArray<TrialRecord>): KeptItem["tallies"] => {
  const byArm = new Map<string, Array<number>>()
  for (const trial of trials) {
    const counts = byArm.get(trial.arm) ?? endings.map(() => 0)
    const place = endings.indexOf(endingOf(trial))
    counts[place] = (counts[place] ?? 0) + 1
    byArm.set(trial.arm, counts)
  }
  return [...byArm]
}

/** Gives every text a number, equal texts the same one. Mutable. */
export interface Texts {
  readonly add: (text: string) => number
  readonly all: ReadonlyArray<string>
}

export const makeTexts = (): Texts => {
  const places = new Map<string, number>()
  const all: Array<string> = []
  const add = (text: string) => {
    const known = places.get(text)
    if (known !== undefined) return known
    places.set(text, all.length)
    return all.push(text) - 1
  }
  return { add, all }
}

export interface Around {
  readonly texts: Texts
  /** Place of an arm in the page's list, by its label. */
  readonly placeOf: (arm: string) => number
  /** What was answered, by key; nothing where a request has no answer. */
  readonly answers: ReadonlyMap<RequestKey, Cut>
}

/** The item with its answers. */
export const rowOf = (kept: KeptItem, { answers, placeOf, texts }: Around): ItemRow => {
  const ref = ({ left, text }: Cut): TextRef => [texts.add(text), left]
  const { index: _, prompts, tallies, trials, ...rest } = kept
  const repeated = trials.some(({ repeat }) => repeat > 0)
  return {
    ...rest,
    prompts: prompts.map(({ messages, variant }) => ({
      variant,
      messages: messages.map(([role, text]) => [role, ...ref(text)] as const)
    })),
    tallies: tallies.map(([arm, counts]) => [placeOf(arm), counts]),
    trials: trials.map((trial) => ({
      arm: placeOf(trial.arm),
      ...(repeated ? { repeat: trial.repeat + 1 } : {}),
      ending: endingOf(trial),
      end: trial.end,
      scores: trial.scores.map(shownScore),
      answers: trial.keys.flatMap((key) => {
        const answer = answers.get(key)
        return answer === undefined ? [] : [ref(answer)]
      }),
      ...problemOf(trial),
      facts: factsOf(trial)
    }))
  }
}

const shownScore = ({ scorer, ...score }: ScoreRecord): TrialRow["scores"][number] => ({
  scorer: name(scorer),
  ...(score.value === undefined ? {} : { value: Math.round(score.value * 1e4) / 1e4 }),
  ...(score.failed === undefined ? {} : { failed: words(score.failed) }),
  ...(score.explanation === undefined ? {} : { explanation: words(score.explanation) }),
  ...(score.extracted === undefined ? {} : { extracted: words(score.extracted) })
})

/** The model's words, of refusal too; of a call of tools the calls. */
export const answerOf = ({ refusal, text, toolCalls }: ModelResponse): Cut =>
  cut(
    [
      ...(refusal === undefined || refusal === "" ? [] : [refusal]),
      ...(text === "" ? [] : [text]),
      ...toolCalls.map((call) => `${call.name}(${call.arguments})`)
    ].join("\n"),
    MAX_TEXT
  )

const problemOf = ({ failure, problem }: TrialRecord): Pick<TrialRow, "problem"> => {
  if (failure !== undefined) {
    const { advice, message, reason } = failure
    return { problem: words(`${reason}: ${message} ${advice}`.trim()) }
  }
  return problem === undefined ? {} : { problem: words(problem) }
}

const factsOf = (trial: TrialRecord): TrialRow["facts"] => {
  const { cost, failure, inputTokens, latencyMs, outputTokens, servedModel, shared } = trial
  return [
    ...(latencyMs === undefined ? [] : [["Latency", Figures.duration(latencyMs / 1000)] as const]),
    ...(shared === true || inputTokens === undefined || outputTokens === undefined
      ? []
      : [
          [
            "Tokens",
            `${Figures.count(inputTokens)} in, ${Figures.count(outputTokens)} out`
          ] as const
        ]),
    ...(cost === undefined
      ? []
      : [["Cost", shared === true ? "shared" : Figures.usd(cost / 1e9)] as const]),
    ...(servedModel === undefined ? [] : [["Model", name(servedModel)] as const]),
    ...(failure === undefined ? [] : [["Attempts", Figures.count(failure.attempts)] as const])
  ]
}

const words = (text: string): string => {
  const { left, text: shown } = cut(text, MAX_WORDS)
  return left === 0 ? shown : `${shown} …`
}

const name = (text: string): string => cut(oneLine(text), MAX_NAME).text
