/**
 * Counts by formula only: nothing to load, a few microseconds a request, corrected by what the answers report.
 * With exact counts on demand: `JsTiktokenTokenizer.ts`, which estimates by this one.
 */
import { Effect, Layer } from "effect"
import * as Calibration from "../../src/tokens/Calibration.ts"
import * as RequestSize from "../../src/tokens/RequestSize.ts"
import { Tokenizer } from "../../src/tokens/Tokenizer.ts"

/** Models are few; names that a program makes up are not kept without end. */
const MOST_MODELS = 1_000

export const make = (): Tokenizer["Service"] => {
  const learnt = new Map<string, Calibration.Calibration>()
  return Tokenizer.of({
    estimate: (request) => {
      const { expected: raw, upper } = RequestSize.estimate(request)
      const calibration = learnt.get(request.model)
      if (calibration === undefined) return { expected: raw, upper, raw }
      const expected = Math.ceil(raw * Calibration.ratio(calibration))
      return { expected: Math.min(expected, upper), upper, raw }
    },
    count: (request) =>
      Effect.sync(() => ({ tokens: RequestSize.estimate(request).expected, exact: false })),
    learn: (model, raw, reported) => {
      const before = learnt.get(model)
      if (before === undefined && learnt.size >= MOST_MODELS) return
      learnt.set(model, Calibration.learn(before ?? Calibration.initial, raw, reported.input))
    }
  })
}

export const layer = Layer.sync(Tokenizer, make)
