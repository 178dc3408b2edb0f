/**
 * What the families of benchmarks share. A family is a function that makes a whole `Benchmark` from the little that is
 * the benchmark's own: exact answers (`ExactAnswer.ts`), one of several options (`MultipleChoice.ts`), answers that a
 * model judges (`Judged.ts`). What comes out is a benchmark like any other: spread it into `Benchmark.make` to change more.
 */
import type { Message } from "../../request/GenerateRequest.ts"
import type { Definition, NoAnswerPolicy, Prompt } from "../Benchmark.ts"

export interface Common<Item>
  extends Pick<
    Definition<Item>,
    "name" | "item" | "dataset" | "request" | "tags" | "group" | "sweep" | "id"
  > {
  /** Default `wrong`. */
  readonly noAnswer?: NoAnswerPolicy | undefined
  /** Written before the first question. Default: the family's own words; the empty text for none. */
  readonly instructions?: string | ((item: Item) => string) | undefined
}

/** A worked example: what was asked, and what was answered to it. */
export interface Shot {
  readonly question: string
  readonly answer: string
}

export interface ShotOptions<in Item> {
  /** Worked examples of an item, put there by `Dataset.withExamples`. Default: none. */
  readonly shots?: ((item: Item) => ReadonlyArray<Shot>) | undefined
  /**
   * `turns`: examples are earlier turns of the conversation, as chat models are trained for. `text`: one message of
   * `Q: …` and `A: …`, as published few-shot scores were made. Default `turns`.
   */
  readonly form?: "turns" | "text" | undefined
  /** With `form: "text"`: how the answer begins, as `Let's think step by step.` Default: nothing. */
  readonly lead?: string | undefined
}

/** The parts of a definition that a family hands on as they are. */
export const common = <Item>({
  dataset,
  group,
  id,
  item,
  name,
  noAnswer = "wrong",
  request,
  sweep,
  tags
}: Common<Item>) => ({
  ...{ name, item, dataset, noAnswer },
  ...(request === undefined ? {} : { request }),
  ...(tags === undefined ? {} : { tags }),
  ...(group === undefined ? {} : { group }),
  ...(sweep === undefined ? {} : { sweep }),
  ...(id === undefined ? {} : { id })
})

/** Instructions, examples and question in the form that was asked for. */
export const prompt = <Item>(
  item: Item,
  question: string,
  instructions: Common<Item>["instructions"],
  { form = "turns", lead = "", shots }: ShotOptions<Item>
): Prompt => {
  const first = typeof instructions === "function" ? instructions(item) : (instructions ?? "")
  const examples = shots?.(item) ?? []
  return form === "turns" ? turns(first, examples, question) : text(first, examples, question, lead)
}

const turns = (
  instructions: string,
  examples: ReadonlyArray<Shot>,
  question: string
): ReadonlyArray<Message> => {
  const messages: ReadonlyArray<Message> = [
    ...examples.flatMap(
      (shot): ReadonlyArray<Message> => [
        { role: "user", content: shot.question },
        { role: "assistant", content: shot.answer }
      ]
    ),
    { role: "user", content: question }
  ]
  return messages.map((message, index) =>
    index === 0
      ? { ...message, content: paragraphs(instructions, String(message.content)) }
      : message
  )
}

const text = (
  instructions: string,
  examples: ReadonlyArray<Shot>,
  question: string,
  lead: string
): string =>
  paragraphs(
    instructions,
    ...examples.map((shot) => `Q: ${shot.question}\nA: ${shot.answer}`),
    `Q: ${question}\nA: ${lead}`.trimEnd()
  )

const paragraphs = (...parts: ReadonlyArray<string>): string =>
  parts.filter((part) => part !== "").join("\n\n")
