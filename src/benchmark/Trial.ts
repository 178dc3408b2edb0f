/** One request of a benchmark: an item in an arm, for the n-th time. What a benchmark hands to `run/Run.ts`. */
import { Result, Stream } from "effect"
import * as Arr from "effect/Array"
import type { Decode } from "../run/Delivery.ts"
import * as Run from "../run/Run.ts"
import type { RunOptions } from "../run/RunOptions.ts"
import { type Arm, requestOf } from "./Arm.ts"
import type { Benchmark, Prompt } from "./Benchmark.ts"
import type { Sample } from "./Samples.ts"

export interface Trial<out Item> {
  readonly sample: Sample<Item>
  readonly arm: Arm
  readonly armIndex: number
  /** From 0. */
  readonly repeat: number
}

/** What the arm asks of the item. */
export const promptOf = ({ prompts }: Pick<Sample<unknown>, "prompts">, arm: Arm): Prompt =>
  prompts.get(arm.prompt ?? "") ?? ""

/** Trials of an item up to which a page of items becomes one page of trials. */
const FEW = 100

/** Item by item, all arms of an item together, so that arms advance side by side. */
export const trials = <Item, E, R>(
  samples: Stream.Stream<Sample<Item>, E, R>,
  arms: ReadonlyArray<Arm>,
  repeats: number
): Stream.Stream<Trial<Item>, E, R> =>
  arms.length * repeats > FEW
    ? Stream.flatMap(samples, (sample) => Stream.fromIterable(trialsOf(sample, arms, repeats)))
    : Stream.chunks(samples).pipe(
        Stream.map((page) => page.flatMap((sample) => trialsOf(sample, arms, repeats))),
        Stream.filter(Arr.isArrayNonEmpty),
        Stream.flattenArray
      )

const trialsOf = <Item>(
  sample: Sample<Item>,
  arms: ReadonlyArray<Arm>,
  repeats: number
): ReadonlyArray<Trial<Item>> =>
  Array.from({ length: repeats }, (_, repeat) =>
    arms.map((arm, armIndex) => ({ sample, arm, armIndex, repeat }))
  ).flat()

/** The run whose items are trials. Equal requests, as repeats are, get answers of their own: `run/ItemPreparation.ts`. */
export const run = <Item, Answer>(
  benchmark: Benchmark<Item, Answer>,
  options: RunOptions & { readonly name: string }
): Run.Run<Trial<Item>, unknown> =>
  Run.make<Trial<Item>, unknown>({
    ...options,
    // Of a conversation only the last answer has to be of the schema, and which one that is scoring says.
    answer: { decode: benchmark.next === undefined ? (benchmark.answer?.decode ?? text) : text },
    id: ({ sample, arm, repeat }) => `${sample.id}/${arm.label}/${repeat}`,
    request: ({ sample, arm }) => requestOf(benchmark, arm, promptOf(sample, arm)),
    // With `dedupe` equal items share their answers, repeat by repeat.
    sample: ({ repeat }) => repeat
  })

const text: Decode<string> = (response) => Result.succeed(response.text)
