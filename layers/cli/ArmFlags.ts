/** Flags that make the arms of `spillway bench`: every combination of what is given is one. */
import { Schema } from "effect"
import { Flag } from "effect/cli"

export const repeats = Flag.Int("repeats").pipe(
  Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 }))),
  Flag.withDescription("Samples of every item (default 1)"),
  Flag.withMetavar("N"),
  Flag.optional
)

export const models = Flag.String("model").pipe(
  Flag.withDescription("Model to run; give it several times for several arms"),
  Flag.withMetavar("NAME"),
  Flag.atLeast(0)
)

export const temperatures = Flag.Finite("temperature").pipe(
  Flag.withDescription("Sampling temperature, 0 to 2; give it several times for several arms"),
  Flag.withMetavar("T"),
  Flag.atLeast(0)
)

export const efforts = Flag.String("effort").pipe(
  Flag.withDescription(
    "Reasoning effort, as none, low or high; give it several times for several arms"
  ),
  Flag.withMetavar("EFFORT"),
  Flag.atLeast(0)
)

export const prompts = Flag.String("prompt").pipe(
  Flag.withDescription(
    "Prompt variant of the benchmark, by name; give it several times for several arms (default all)"
  ),
  Flag.withMetavar("NAME"),
  Flag.atLeast(0)
)
