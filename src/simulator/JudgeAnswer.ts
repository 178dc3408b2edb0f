/**
 * What the simulated model says as a judge: a verdict in the form of `scorer/JudgeRubric.ts`, from the material in the
 * prompt. It reads no criteria: an answer that holds the reference is good, one that shares some of its words is in
 * between, and now and then the judge is wrong. Without a reference the grade is drawn, mostly from the better half.
 */
import type { JsonObject } from "../request/GenerateRequest.ts"
import { normalise } from "../scorer/Normalised.ts"
import { isObject } from "./Prompt.ts"
import type { SimulatedRequest } from "./Responder.ts"

/** Share of verdicts that are a grade off. */
const SLIPS = 0.04

/** The JSON of a verdict; `undefined` where the request does not ask for one. */
export const verdictFor = (request: SimulatedRequest): string | undefined => {
  const grades = gradesOf(request.schema)
  const material = materialOf(request.prompt.messages.at(-1)?.text ?? "")
  if (grades === undefined || material.answer === undefined) return undefined
  const random = request.random("judge")
  const quality = qualityOf(material.answer, material.reference) ?? drawn(random.next())
  const ranked = bestFirst(grades)
  const exact = Math.round((1 - quality) * (ranked.length - 1))
  const slip = random.chance(SLIPS) ? (random.chance(0.5) ? 1 : -1) : 0
  const place = Math.min(ranked.length - 1, Math.max(0, exact + slip))
  return JSON.stringify({ reasoning: reasoningFor(quality), grade: ranked[place] })
}

/** The grades of a schema that is a verdict's: a reasoning and a grade, nothing else. */
const gradesOf = (schema: JsonObject | undefined): ReadonlyArray<string> | undefined => {
  const properties = schema?.properties
  if (!isObject(properties) || Object.keys(properties).sort().join() !== "grade,reasoning") {
    return undefined
  }
  const { grade } = properties
  const names = isObject(grade) && Array.isArray(grade.enum) ? grade.enum : []
  const texts = names.filter((name) => typeof name === "string")
  return texts.length >= 2 ? texts : undefined
}

const PART = /^<(question|reference|answer)>(".*")<\/\1>$/gm

/** The quoted parts of a rubric's prompt; a part that is not there, or is no JSON string, is left out. */
const materialOf = (prompt: string) => {
  const found: { answer?: string; reference?: string } = {}
  for (const [, name, quoted = ""] of prompt.matchAll(PART)) {
    if (name !== "answer" && name !== "reference") continue
    try {
      const text: unknown = JSON.parse(quoted)
      if (typeof text === "string") found[name] = text
    } catch {
      // Not a rubric's prompt.
    }
  }
  return found
}

/** 1 where the answer holds the reference, else the share of the reference's words that it holds; 0 to 1. */
const qualityOf = (answer: string, reference: string | undefined): number | undefined => {
  const wanted = normalise(reference ?? "")
  if (wanted === "") return undefined
  const given = normalise(answer)
  if (` ${given} `.includes(` ${wanted} `)) return 1
  const words = new Set(given.split(" "))
  const all = [...new Set(wanted.split(" "))]
  return (0.9 * all.filter((word) => words.has(word)).length) / all.length
}

const drawn = (uniform: number): number => 1 - uniform * uniform

const BAD =
  /^(?:in|un|not[ _-]|wrong|bad|no$|none|fail|poor|worst|weak|false|reject|off|harmful|unsafe)/i

/** Grades as words say little of their order: numbers by their size, else as the rubric has them, from its better end. */
const bestFirst = (grades: ReadonlyArray<string>): ReadonlyArray<string> => {
  const numbers = grades.every((grade) => /^-?\d+(\.\d+)?$/.test(grade))
  if (numbers) return [...grades].sort((a, b) => Number(b) - Number(a))
  return BAD.test(grades[0] ?? "") ? [...grades].reverse() : grades
}

const reasoningFor = (quality: number): string => {
  if (quality === 1) return "The answer says what is asked for."
  return quality > 0.3
    ? "The answer has a part of what is asked for, and leaves out the rest."
    : "The answer does not say what is asked for."
}
