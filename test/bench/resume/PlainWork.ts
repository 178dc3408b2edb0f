/** A plain run: items from a generator, delivered to a sink. */
import { Effect, Stream } from "effect"
import * as GenerateRequest from "spillway/request/GenerateRequest"
import * as Run from "spillway/run/Run"
import * as Items from "./Items.ts"

const run = Run.make({
  name: Items.NAME,
  id: (index: number) => `delivery ${index}`,
  request: (index) => GenerateRequest.make({ ...Items.SHARED, prompt: Items.questionOf(index) })
})

export const resume = (items: number, _dataset: string) =>
  Effect.asVoid(Run.deliver(run, Stream.range(0, items - 1, 250), () => Effect.void))

export const fill = resume
