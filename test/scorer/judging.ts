/** Scores one answer as a run would. */
import { Effect } from "effect"
import * as Scorer from "spillway/benchmark/Scorer"
import { answer } from "../benchmark/responses.ts"

export const judge = <Item>(
  scorer: Scorer.Scorer<Item>,
  text: string,
  target: string,
  item?: Item
): Effect.Effect<Scorer.ScoreOutcome> =>
  Scorer.judge(scorer, {
    ...{ item: item as Item, target, text, answer: text },
    ...{ response: answer(text), messages: [], turns: [] }
  })

/** The value alone; the reason where there is none. */
export const scoreOf = <Item>(
  scorer: Scorer.Scorer<Item>,
  text: string,
  target: string,
  item?: Item
): Effect.Effect<number | string> =>
  Effect.map(judge(scorer, text, target, item), (outcome) =>
    outcome._tag === "Score" ? outcome.value : outcome.reason
  )
