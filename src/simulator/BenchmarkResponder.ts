/**
 * Answers a benchmark's items from their targets: right with a probability, else wrong in the same form, so that a whole
 * evaluation can be rehearsed with scores, intervals and failures that look like real ones.
 */
import { respond as fallback } from "./DefaultResponder.ts"
import { type Responder, refusal, type SimulatedRequest, text } from "./Responder.ts"
import { structuredAnswer } from "./StructuredAnswer.ts"
import { isNumeric, wrongAnswer } from "./WrongAnswer.ts"

export interface BenchmarkOptions {
  /** Share of items that the model refuses, 0 to 1. Default 0.003. */
  readonly refusals?: number
  /** Share of answers that are cut off at the bound, 0 to 1. Default 0.003. */
  readonly truncations?: number
  /** Targets of the other items: wrong answers for targets that are neither numbers nor letters. */
  readonly targets?: ReadonlyArray<string>
  /**
   * `worked`: a short reasoning, then the number (`#### 42` where the prompt shows that form, else "The answer is 42.").
   * `bare`: the target alone. Default `auto`: worked where the prompt shows "the answer is", and for numeric targets of word problems.
   */
  readonly form?: "auto" | "worked" | "bare"
  /** Strength of a model, 0 to 1, instead of its profile's. */
  readonly strength?: (model: string) => number | undefined
}

/** Share of the remaining errors that thinking removes. */
const effortGain: Readonly<Record<string, number>> = {
  minimal: 0.1,
  low: 0.25,
  medium: 0.4,
  high: 0.55,
  xhigh: 0.65,
  max: 0.7
}

/**
 * How likely a right answer is: 1 - dᵏ at difficulty d. With k = m / (1 - m) its mean over items of uniform difficulty is
 * exactly m, the model's strength, lowered by temperature (3% at 1, 12% at 2) and raised by effort. The easiest items are
 * sure, the hardest hopeless, and the better the model, the fewer are hard for it: models fail on the same items.
 *
 * @param difficulty 0 (easiest) to 1
 */
export const successProbability = (
  strength: number,
  temperature: number,
  effort: string,
  difficulty: number
): number => {
  const thinking = strength + (1 - strength) * (effortGain[effort] ?? 0)
  const mean = Math.max(0, thinking * (1 - 0.03 * temperature * temperature))
  return mean >= 1 ? 1 : 1 - difficulty ** (mean / (1 - mean))
}

const steps = [
  "First, I write down what is given.",
  "Next, I combine the amounts step by step.",
  "Each part is added up before the total is taken.",
  "The amounts are brought to the same unit.",
  "Checking the result against the question gives the same value."
] as const

const worked = (request: SimulatedRequest, answer: string): string => {
  const random = request.random("working")
  const count = 2 + random.below(3)
  const lines = Array.from({ length: count }, () => random.pick(steps))
  const { text } = request.prompt
  const end = text.includes("####")
    ? `#### ${answer}`
    : `${text.includes(STATED) ? "So the" : "The"} answer is ${answer}.`
  return `${lines.join(" ")}\n${end}`
}

/** As the examples of a prompt end, or as it asks the answer to end. */
const STATED = "the answer is "

/** A prompt of this length is a problem in words rather than a bare sum. */
const WORD_PROBLEM = 80

const isWorked = (request: SimulatedRequest, target: string, form: BenchmarkOptions["form"]) => {
  if (form === "worked" || form === "bare") return form === "worked"
  const { text } = request.prompt
  if (/\bthe answer is /i.test(text)) return true
  return isNumeric(target) && (text.includes("####") || text.length > WORD_PROBLEM)
}

/**
 * @param lookup the target of the item that a request asks about; `undefined` for a request of something else, which the
 *   default responder answers
 */
export const fromTargets = (
  lookup: (request: SimulatedRequest) => string | undefined,
  options: BenchmarkOptions = {}
): Responder => {
  const { refusals = 0.003, truncations = 0.003, targets = [], form = "auto" } = options
  return (request) => {
    const target = lookup(request)
    if (target === undefined) return fallback(request)
    const random = request.random("verdict")
    if (random.chance(refusals)) return refusal()
    const cut = random.chance(truncations)
    const strength = options.strength?.(request.model.info.id) ?? request.model.strength
    const difficulty = request.promptRandom("difficulty").next()
    const right = random.chance(
      successProbability(strength, request.temperature, request.effort, difficulty)
    )
    const answer = right ? target : wrongAnswer(target, request.random("error"), targets)
    const said =
      request.schema !== undefined
        ? structuredAnswer(request.schema, answer, request.random("answer"))
        : isWorked(request, target, form)
          ? worked(request, answer)
          : answer
    return cut
      ? { _tag: "Text", text: said.slice(0, Math.ceil(said.length / 2)), truncated: true }
      : text(said)
  }
}
