/**
 * Writes word problems in the format of GSM8K: `{ question, answer }`, the answer worked in steps whose calculations
 * stand between `<<` and `>>`, the final number after `####`. Seeded: the same seed gives the same problems.
 * `word-problems.jsonl` beside this file is the output for the default seed, and a test holds the two together:
 *
 *     node examples/data/generate-word-problems.ts > examples/data/word-problems.jsonl
 */
import { money } from "./word-problems/money.ts"
import { generator, type WordProblem } from "./word-problems/parts.ts"
import { things } from "./word-problems/things.ts"
import { time } from "./word-problems/time.ts"

export const templates = money
  .flatMap((one, index) => [one, time[index], things[index]])
  .filter((template) => template !== undefined)

/** Problems that are all different, each template as often as the others. */
export const problems = (seed: number, count: number): ReadonlyArray<WordProblem> => {
  const draw = generator(seed)
  const made = new Map<string, WordProblem>()
  for (let index = 0; made.size < count; index++) {
    const next = templates[index % templates.length]?.(draw)
    if (next !== undefined) made.set(next.question, next)
  }
  return [...made.values()]
}

/** One problem a line. */
export const jsonl = (seed = 2026, count = 240): string =>
  problems(seed, count)
    .map((one) => `${JSON.stringify(one)}\n`)
    .join("")

if (import.meta.main) process.stdout.write(jsonl())
