/**
 * What the simulated model says. A responder is a pure function of the request; its random streams are part of the
 * request, so that the same request is answered alike in any order of arrival. Ready-made ones: `DefaultResponder.ts`
 * (text, values that fit a schema), `SizedResponder.ts` (text of a size) and `BenchmarkResponder.ts` (right and wrong
 * answers).
 */

import type { Seeded } from "../random/Seeded.ts"
import type { JsonObject } from "../request/GenerateRequest.ts"
import type { ModelProfile } from "./ModelProfile.ts"
import type { Prompt } from "./Prompt.ts"

export interface SimulatedTool {
  readonly name: string
  readonly parameters: JsonObject
}

export interface SimulatedRequest {
  readonly endpoint: "chat" | "responses"
  readonly body: JsonObject
  readonly model: ModelProfile
  readonly prompt: Prompt
  /** 0 to 2; 1 where the request names none. */
  readonly temperature: number
  /** The effort the model works at; `none` for one that does not reason. */
  readonly effort: string
  /** Schema that the answer must fit. */
  readonly schema: JsonObject | undefined
  /** Functions the model may call; none where `tool_choice` is `none`. */
  readonly tools: ReadonlyArray<SimulatedTool>
  /** One of the tools has to be called. */
  readonly mustCall: boolean
  /** Which answer to this content it is, from 0, however it came to be asked for. */
  readonly sample: number
  /**
   * A stream for a purpose: of this request where it says who it is (`Draw.ts`), so that it is answered alike however often
   * it is sent; else of this content and sample. At temperature 0 of the content alone.
   */
  readonly random: (purpose: string) => Seeded
  /** A stream for the prompt alone: the same for every model, temperature and sample that gets this prompt. */
  readonly promptRandom: (purpose: string) => Seeded
}

export type SimulatedAnswer =
  | {
      readonly _tag: "Text"
      readonly text: string
      /** The output bound cut it off here. A text longer than the request's bound is cut anyway. */
      readonly truncated?: boolean
    }
  | {
      readonly _tag: "ToolCalls"
      readonly calls: ReadonlyArray<{ readonly name: string; readonly arguments: string }>
    }
  | { readonly _tag: "Refusal"; readonly text: string }
  /** Stopped by the content filter after this much. */
  | { readonly _tag: "Filtered"; readonly text: string }

export type Responder = (request: SimulatedRequest) => SimulatedAnswer

export const text = (answer: string): SimulatedAnswer => ({ _tag: "Text", text: answer })
export const refusal = (words = "I'm sorry, but I can't help with that."): SimulatedAnswer => ({
  _tag: "Refusal",
  text: words
})
