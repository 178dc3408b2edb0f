/**
 * What the simulated provider needs to answer a benchmark: the target that belongs to a prompt. Kept as a hash of each
 * prompt and the target's text. The answering is `simulator/BenchmarkResponder.ts`.
 */
import { Effect, type FileSystem, Stream } from "effect"
import { digest } from "../random/Seeded.ts"
import { type PromptMessage, readPrompt } from "../simulator/Prompt.ts"
import type { SimulatedRequest } from "../simulator/Responder.ts"
import { requestOf } from "./Arm.ts"
import type { Benchmark } from "./Benchmark.ts"
import type { DatasetError } from "./DatasetError.ts"
import * as Samples from "./Samples.ts"

export interface SimulatedTargets {
  /**
   * For `fromTargets`: the target of the item that asks this, or whose conversation this goes on with; `undefined` for
   * what is none of the benchmark's prompts.
   */
  readonly lookup: (request: Pick<SimulatedRequest, "body">) => string | undefined
  /** A sample of the targets: plausible wrong answers where a target is neither number nor letter. */
  readonly targets: ReadonlyArray<string>
}

const KEPT = 1_000

/** Which model is asked does not matter; a request is known by its conversation. */
const ANY_ARM = { model: "any", temperature: undefined, reasoningEffort: undefined }

/** One pass over the dataset. */
export const load = Effect.fn("SimulatedTargets.load")(function* <Item, Answer>(
  benchmark: Benchmark<Item, Answer>,
  options: Samples.Options = {}
): Effect.fn.Return<SimulatedTargets, DatasetError, FileSystem.FileSystem> {
  const byPrompt = new Map<number, string>()
  const targets = new Set<string>()
  yield* Stream.runForEach(Samples.samples(benchmark, options), ({ prompts, target }) =>
    Effect.sync(() => {
      for (const prompt of prompts.values()) {
        byPrompt.set(hash(readPrompt(requestOf(benchmark, ANY_ARM, prompt).body).messages), target)
      }
      if (targets.size < KEPT) targets.add(target)
    })
  )
  const lookup: SimulatedTargets["lookup"] = ({ body }) => {
    const { messages } = readPrompt(body)
    const whole = byPrompt.get(hash(messages))
    if (whole !== undefined) return whole
    // A later turn: what it began with is what stands before one of the answers.
    for (let at = messages.length - 1; at > 0; at--) {
      if (!isAnswer(messages[at])) continue
      const target = byPrompt.get(hash(messages.slice(0, at)))
      if (target !== undefined) return target
    }
    return undefined
  }
  return { lookup, targets: [...targets] }
})

/** Calls of tools and what they gave back are no messages of a role, on one of the endpoints. */
const isAnswer = (message: PromptMessage | undefined): boolean =>
  message?.role === "assistant" || message?.role === "tool"

const hash = (messages: ReadonlyArray<PromptMessage>): number => digest(JSON.stringify(messages))
