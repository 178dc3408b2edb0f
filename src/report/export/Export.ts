/**
 * The rows of a benchmark's run, from the store alone: needs no benchmark file, no dataset and no lock. In the dataset's
 * order; constant memory, whatever the number of items.
 */
import { Effect, Option, Stream } from "effect"
import {
  CheckpointStore,
  type StoredOutcome,
  type StoreError
} from "../../checkpoint/CheckpointStore.ts"
import type { ItemRecord, ScoreRecord, TrialRecord } from "../../checkpoint/ItemRecord.ts"
import type { RequestKey } from "../../checkpoint/RequestKey.ts"
import type { ModelResponse } from "../../request/ModelResponse.ts"
import type { ExportedScore, ExportRow } from "./ExportRow.ts"
import { type Selection, selects } from "./Selection.ts"

export interface Source {
  /** Id of the run in its store. */
  readonly id: string
  /** Its name. */
  readonly run: string
  /** Of its report; `null` without one. */
  readonly benchmark: string | null
  readonly simulated: boolean | null
}

export interface Options extends Selection {
  /** Read the answers too. Default true; without them an export takes a fraction of the time. */
  readonly answers?: boolean | undefined
}

/** What all rows of a run have in common. */
export interface Outline {
  /** Labels, in the order of the run. */
  readonly arms: ReadonlyArray<string>
  /** As `lastNumber@1`, in their order; none where no answer was scored. */
  readonly scorers: ReadonlyArray<string>
}

/** Reads up to the first scored answer. `undefined` for a run without results: no benchmark's, or never scored. */
export const outline = Effect.fn("Export.outline")(function* (
  run: string
): Effect.fn.Return<Outline | undefined, StoreError, CheckpointStore> {
  const store = yield* CheckpointStore
  const items = store.results(run)
  const first = yield* Stream.runHead(items)
  if (Option.isNone(first)) return undefined
  const scored = yield* items.pipe(
    Stream.flatMap(({ trials }) => Stream.fromIterable(trials)),
    Stream.filter(({ end }) => end === "scored"),
    Stream.runHead
  )
  return {
    arms: [...new Set(first.value.trials.map(({ arm }) => arm))],
    scorers: Option.match(scored, {
      onNone: () => [],
      onSome: ({ scores }) => scores.map(({ scorer }) => scorer)
    })
  }
})

/** A row before its answers are known. */
interface Found {
  readonly item: ItemRecord
  readonly trial: TrialRecord
}

/** Pages of at most 500 rows, smaller where answers are long: never empty. */
export const pages = (
  source: Source,
  options: Options = {}
): Stream.Stream<ReadonlyArray<ExportRow>, StoreError, CheckpointStore> => {
  const { answers = true } = options
  const selected = selects(options)
  return Stream.unwrap(
    Effect.map(CheckpointStore, (store) =>
      store.results(source.id).pipe(
        Stream.grouped(PAGE),
        Stream.flatMap((items) =>
          Stream.fromIterable(
            portions(
              items.flatMap((item) =>
                item.trials.filter(selected).map((trial): Found => ({ item, trial }))
              )
            )
          )
        ),
        Stream.mapEffect((page) =>
          answers
            ? Effect.map(outcomesOf(store, source.id, page), (stored) =>
                page.map((found) => ({ ...rowOf(source, found), ...answersOf(found, stored) }))
              )
            : Effect.succeed(page.map((found) => rowOf(source, found)))
        )
      )
    )
  )
}

/** Items read, and rows made, at once. */
const PAGE = 500

/** Tokens of answers that are held at once: some 8 MB of text. */
const HELD_TOKENS = 2_000_000

/** What a shared answer is taken to weigh: its own row has no tokens of it. */
const SHARED_TOKENS = 20_000

/** By what the answers weigh; a conversation's count is of all its turns. */
const portions = (page: ReadonlyArray<Found>): ReadonlyArray<ReadonlyArray<Found>> => {
  const all: Array<Array<Found>> = []
  let portion: Array<Found> = []
  let held = 0
  for (const found of page) {
    const { outputTokens = 0, shared } = found.trial
    const tokens = shared === true ? SHARED_TOKENS : outputTokens
    if (portion.length === PAGE || (portion.length > 0 && held + tokens > HELD_TOKENS)) {
      all.push(portion)
      portion = []
      held = 0
    }
    held += tokens
    portion.push(found)
  }
  if (portion.length > 0) all.push(portion)
  return all
}

type Outcomes = ReadonlyMap<RequestKey, StoredOutcome>

const LOOKED_UP = 1_000

const outcomesOf = Effect.fnUntraced(function* (
  { outcomes }: CheckpointStore["Service"],
  run: string,
  page: ReadonlyArray<Found>
) {
  const keys = page.flatMap(({ trial }) => trial.keys)
  const found = new Map<RequestKey, StoredOutcome>()
  for (let from = 0; from < keys.length; from += LOOKED_UP) {
    const some = yield* outcomes(run, keys.slice(from, from + LOOKED_UP))
    for (const [key, outcome] of some) found.set(key, outcome)
  }
  return found
})

const rowOf = ({ benchmark, run, simulated }: Source, { item, trial }: Found): ExportRow => ({
  run,
  benchmark,
  simulated,
  item_id: item.itemId,
  index: item.index,
  line: item.line,
  group: item.group ?? null,
  tags: item.tags,
  arm: trial.arm,
  repeat: trial.repeat,
  turns: trial.turns ?? trial.keys.length,
  end: trial.end,
  scores: trial.scores.map(scoreOf),
  target: item.target,
  prompt: promptOf(item, trial),
  failure_reason: trial.failure?.reason ?? null,
  failure_message: trial.failure?.message ?? null,
  problem: trial.problem ?? null,
  served_model: trial.servedModel ?? null,
  latency_ms: trial.latencyMs ?? null,
  input_tokens: trial.shared === true ? 0 : (trial.inputTokens ?? null),
  output_tokens: trial.shared === true ? 0 : (trial.outputTokens ?? null),
  cost_usd: trial.shared === true ? 0 : trial.cost === undefined ? null : trial.cost / 1e9,
  shared: trial.shared === true,
  key: trial.keys.at(-1) ?? null
})

const scoreOf = ({
  explanation,
  extracted,
  failed,
  scorer,
  value
}: ScoreRecord): ExportedScore => ({
  scorer,
  score: value ?? null,
  failed: failed ?? null,
  explanation: explanation ?? null,
  extracted: extracted ?? null
})

/** The label of an arm ends with the name of its prompt variant, where there are several. */
export const promptOf = (
  { prompts }: Pick<ItemRecord, "prompts">,
  { arm }: Pick<TrialRecord, "arm">
): ItemRecord["prompts"][number]["messages"] => {
  const [first, second] = prompts
  if (second === undefined) return first?.messages ?? []
  const fitting = prompts.filter(({ variant }) => arm.endsWith(` prompt=${variant}`))
  const longest = fitting.toSorted((one, other) => other.variant.length - one.variant.length)[0]
  return (longest ?? first)?.messages ?? []
}

const answersOf = (
  { trial: { end, keys } }: Found,
  stored: Outcomes
): Pick<ExportRow, "answer" | "refusal" | "tool_calls" | "earlier_answers"> => {
  const responses = keys.flatMap((key) => responseOf(stored.get(key)) ?? [])
  const last = end === "failed" || end === "missing" ? undefined : responses.pop()
  return {
    answer: last?.text ?? null,
    refusal: last?.refusal ?? null,
    tool_calls: (last?.toolCalls ?? []).map((call) => ({
      name: call.name,
      arguments: call.arguments
    })),
    earlier_answers: responses.map(({ text }) => text)
  }
}

const responseOf = (outcome: StoredOutcome | undefined): ModelResponse | undefined =>
  outcome?._tag === "Answered" ? outcome.response : undefined
