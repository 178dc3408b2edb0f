/**
 * One trial as a conversation: what was asked, what was answered, and what comes next. Pure: rebuilt from stored answers
 * at every start, in every mode. A benchmark that asks once has conversations of one turn. The store's side of it is
 * `Conversations.ts`.
 */
import { Array as Arr } from "effect"
import type { StoredOutcome } from "../checkpoint/CheckpointStore.ts"
import type { RequestKey } from "../checkpoint/RequestKey.ts"
import type { Failure } from "../checkpoint/RunRecord.ts"
import type { Message, RequestParts } from "../request/GenerateRequest.ts"
import { type ModelResponse, type NoAnswerReason, noAnswer } from "../request/ModelResponse.ts"
import type { Prepared } from "../run/ItemPreparation.ts"
import { partsOf } from "./Arm.ts"
import { type Benchmark, isPrompt, type Prompt, type Turn } from "./Benchmark.ts"
import { isUnawaited } from "./ItemFault.ts"
import { promptOf, type Trial } from "./Trial.ts"

export interface Conversation<out Item> {
  readonly trial: Trial<Item>
  /** The requests so far; that of the last one may be without an answer. */
  readonly asked: Arr.NonEmptyReadonlyArray<Prepared<unknown>>
  /** The item's parts of the last turn. */
  readonly parts: Partial<RequestParts>
  /** The last request is the second try of its turn. */
  readonly again: boolean
  /** All that came back, request by request. */
  readonly responses: ReadonlyArray<ModelResponse>
  /** The answers among them. */
  readonly turns: ReadonlyArray<Turn>
  /** Absent while the last request waits for its answer. */
  readonly end?: End
}

export type End =
  /** The last answer is the one that counts. */
  | { readonly _tag: "Answered" }
  | {
      readonly _tag: "NoAnswer"
      readonly reason: NoAnswerReason
      readonly response: ModelResponse
      /** Of the turn's second try: the first one's answer counts. */
      readonly failure?: Failure
    }
  | { readonly _tag: "Failed"; readonly failure: Failure }
  /** The run stopped before the last request's answer. */
  | { readonly _tag: "Missing" }

/** Turns of a conversation, where the benchmark does not say. */
const MAX_TURNS = 10

export const maxTurnsOf = <Item, Answer>({
  maxTurns = MAX_TURNS,
  next
}: Pick<Benchmark<Item, Answer>, "maxTurns" | "next">): number =>
  next === undefined ? 1 : maxTurns

/** The most requests of a conversation, which is the number of rounds that it can take part in. */
export const mostRequestsOf = <Item, Answer>(
  benchmark: Pick<Benchmark<Item, Answer>, "maxTurns" | "next" | "secondTry">
): number => maxTurnsOf(benchmark) * (benchmark.secondTry === undefined ? 1 : 2)

export const begin = <Item>(first: Prepared<Trial<Item>>): Conversation<Item> => ({
  trial: first.item,
  asked: [first],
  parts: partsOf(promptOf(first.item.sample, first.item.arm)),
  again: false,
  responses: [],
  turns: []
})

/** The request that waits for its answer. */
export const lastOf = ({ asked }: Pick<Conversation<unknown>, "asked">): Prepared<unknown> =>
  asked.at(-1) ?? asked[0]

export const keysOf = (asked: ReadonlyArray<Prepared<unknown>>): ReadonlyArray<RequestKey> =>
  asked.flatMap((one) => (one._tag === "Ready" ? [one.key] : []))

/** The conversation has ended, or it asks for something. */
export type Step<Item> =
  | { readonly _tag: "Ended"; readonly conversation: Conversation<Item> }
  | {
      readonly _tag: "Asks"
      /** Without the new request. */
      readonly conversation: Conversation<Item>
      /** The item's parts of the new request. */
      readonly parts: Partial<RequestParts>
    }

/** @param outcome of the last request; `undefined` where the store has none */
export const advance = <Item, Answer>(
  benchmark: Pick<Benchmark<Item, Answer>, "next" | "maxTurns" | "secondTry">,
  before: Conversation<Item>,
  outcome: StoredOutcome | undefined
): Step<Item> => {
  const last = lastOf(before)
  if (last._tag === "Refused") return ended(before, failedWith(before, last.failure))
  if (outcome === undefined) return ended(before, { _tag: "Missing" })
  if (outcome._tag === "Failed") return ended(before, failedWith(before, outcome.failure))
  const { response } = outcome
  const conversation = { ...before, again: false, responses: [...before.responses, response] }
  const reason = noAnswer(response)
  if (reason === undefined) return answered(benchmark, conversation, response)
  const { parts } = before
  const { secondTry } = benchmark
  return secondTry === undefined || before.again || !isWordless(reason, response)
    ? ended(conversation, { _tag: "NoAnswer", reason, response })
    : {
        _tag: "Asks",
        conversation: { ...conversation, again: true },
        parts: { ...parts, maxOutputTokens: secondTry.maxOutputTokens }
      }
}

const ended = <Item>(conversation: Conversation<Item>, end: End): Step<Item> => ({
  _tag: "Ended",
  conversation: { ...conversation, end }
})

/** Where the second try failed, the model's own end of the turn stands: a failure is in no score, and would take it out. */
const failedWith = (
  { again, responses }: Pick<Conversation<unknown>, "again" | "responses">,
  failure: Failure
): End => {
  const response = again ? responses.at(-1) : undefined
  const reason = response === undefined ? undefined : noAnswer(response)
  return response === undefined || reason === undefined
    ? { _tag: "Failed", failure }
    : { _tag: "NoAnswer", reason, response, failure }
}

/** Nothing but reasoning, or nothing at all: more room may help. */
const isWordless = (reason: NoAnswerReason, { text, toolCalls }: ModelResponse): boolean =>
  reason === "empty" || (reason === "truncated" && text === "" && toolCalls.length === 0)

const answered = <Item, Answer>(
  benchmark: Pick<Benchmark<Item, Answer>, "next" | "maxTurns">,
  before: Conversation<Item>,
  response: ModelResponse
): Step<Item> => {
  const turns = Arr.append(before.turns, { text: response.text, response })
  const conversation = { ...before, turns }
  const { next } = benchmark
  if (next === undefined || turns.length >= maxTurnsOf(benchmark)) {
    return ended(conversation, { _tag: "Answered" })
  }
  const failed = (problem: string) =>
    ended(conversation, { _tag: "Failed", failure: unusable(turns.length, problem) })
  let prompt: unknown
  try {
    prompt = next(conversation.trial.sample.item, turns)
  } catch (cause) {
    return failed(`threw ${cause instanceof Error ? cause.name : "a value"}`)
  }
  if (prompt === undefined) return ended(conversation, { _tag: "Answered" })
  if (isUnawaited(prompt)) return failed("returned a promise instead of a prompt")
  if (!isPrompt(prompt)) return failed("did not return a prompt or undefined")
  const parts = continued(before.parts, response, prompt)
  return { _tag: "Asks", conversation: { ...conversation, parts }, parts }
}

/** Parts stand for themselves; a message or several go behind the conversation so far, in a request like the last one. */
const continued = (
  { messages = [], prompt, ...parts }: Partial<RequestParts>,
  response: ModelResponse,
  next: Prompt
): Partial<RequestParts> => {
  const added = partsOf(next)
  if (typeof next === "object" && !Array.isArray(next)) return added
  const user = (content: Partial<RequestParts>["prompt"]): ReadonlyArray<Message> =>
    content === undefined ? [] : [{ role: "user", content }]
  return {
    ...parts,
    messages: [
      ...messages,
      ...user(prompt),
      saidBy(response),
      ...(added.messages ?? []),
      ...user(added.prompt)
    ]
  }
}

const saidBy = ({ text, toolCalls }: ModelResponse): Message => ({
  role: "assistant",
  content: text,
  ...(toolCalls.length === 0 ? {} : { toolCalls })
})

const unusable = (turn: number, problem: string): Failure => ({
  reason: "ConversationUnusable",
  message: `The benchmark's \`next\` ${problem} after turn ${turn}.`,
  advice: "Correct `next` and start the run again: what was answered is not asked again.",
  retryable: false,
  billed: "no",
  attempts: 0
})
