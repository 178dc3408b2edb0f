/** What the templates of word problems are made of: seeded draws, people, and steps of a worked answer. */

export interface WordProblem {
  readonly question: string
  readonly answer: string
}

/** Mulberry32: a small generator of good enough numbers, so that the sample depends on nothing but this file. */
export const generator = (seed: number) => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    /** A whole number from `low` to `high`, both included; a multiple of `step` away from `low`. */
    int: (low: number, high: number, step = 1) =>
      low + step * Math.floor(next() * (Math.floor((high - low) / step) + 1)),
    pick: <A>(values: ReadonlyArray<A>): A => {
      const value = values[Math.floor(next() * values.length)]
      if (value === undefined) throw new Error("nothing to pick from")
      return value
    }
  }
}
export type Draw = ReturnType<typeof generator>

const people = [
  ["Amara", "she", "her"],
  ["Bilal", "he", "his"],
  ["Chloe", "she", "her"],
  ["Dmitri", "he", "his"],
  ["Elena", "she", "her"],
  ["Farouk", "he", "his"],
  ["Grace", "she", "her"],
  ["Hiro", "he", "his"],
  ["Ines", "she", "her"],
  ["Jonas", "he", "his"],
  ["Kavya", "she", "her"],
  ["Liam", "he", "his"],
  ["Mei", "she", "her"],
  ["Nikolai", "he", "his"],
  ["Olivia", "she", "her"],
  ["Pablo", "he", "his"],
  ["Quinn", "she", "her"],
  ["Rafael", "he", "his"],
  ["Sofia", "she", "her"],
  ["Tariq", "he", "his"]
] as const

export const someone = (draw: Draw) => {
  const [name, they, their] = draw.pick(people)
  return { name, they, They: they === "she" ? "She" : "He", their }
}

/** Two different people. */
export const two = (draw: Draw) => {
  const first = someone(draw)
  let second = someone(draw)
  while (second.name === first.name) second = someone(draw)
  return [first, second] as const
}

/** A step of the answer: `calc(3, "*", 4)` reads `3*4=<<3*4=12>>12`, and its value is 12. */
export interface Calculation {
  readonly text: string
  readonly value: number
}

const apply = (a: number, operator: string, b: number): number => {
  if (operator === "+") return a + b
  if (operator === "-") return a - b
  return operator === "*" ? a * b : a / b
}

/** At most two decimals, as money has; without the noise of binary fractions. */
const round = (value: number) => Math.round(value * 100) / 100

export const calc = (
  first: number,
  ...rest: ReadonlyArray<"+" | "-" | "*" | "/" | number>
): Calculation => {
  let expression = String(first)
  let value = first
  for (let i = 0; i < rest.length; i += 2) {
    const [operator, operand] = [String(rest[i]), Number(rest[i + 1])]
    expression += `${operator}${operand}`
    value = round(apply(value, operator, operand))
  }
  return { text: `${expression} = <<${expression}=${value}>>${value}`, value }
}

export const problem = (
  question: string,
  steps: ReadonlyArray<string>,
  result: Calculation
): WordProblem => ({ question, answer: `${steps.join("\n")}\n#### ${result.value}` })

export type Template = (draw: Draw) => WordProblem
