/**
 * A conversation with a tool: the model may look up prices, and is then asked for the sum. Offline, with nothing to set up:
 *
 *     npm run -s spillway -- bench examples/tour/dialogue.ts --offline
 */
import { Schema } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"

const prices: Readonly<Record<string, number>> = { apple: 2, pear: 3, plum: 1 }
const things = Object.keys(prices)

/** What the model wrote as the call's arguments: usually JSON, not always valid. */
const look = (args: string): string => {
  const thing = things.find((one) => args.includes(one))
  return thing === undefined ? "there is none of that name" : `$${prices[thing]}`
}

export default Benchmark.make({
  name: "dialogue",
  item: Schema.Struct({ thing: Schema.String, count: Schema.Int }),
  dataset: Dataset.array(
    things.flatMap((thing) => Array.from({ length: 20 }, (_, n) => ({ thing, count: n + 2 })))
  ),
  request: {
    model: "gpt-6-luna",
    maxOutputTokens: 300,
    tools: [
      {
        name: "price",
        description: "Price of one thing of the shop",
        parameters: {
          type: "object",
          properties: { thing: { type: "string" } },
          required: ["thing"],
          additionalProperties: false
        },
        strict: true
      }
    ]
  },
  prompt: ({ count, thing }) => `What do ${count} of your ${thing}s cost, in dollars?`,
  next: (_, turns) => {
    const calls = turns.at(-1)?.response.toolCalls ?? []
    if (calls.length > 0) {
      return calls.map(({ arguments: args, id }) => ({
        role: "tool" as const,
        toolCallId: id,
        content: look(args)
      }))
    }
    return turns.length === 1 ? "Are you sure? Give the number again." : undefined
  },
  maxTurns: 4,
  target: ({ count, thing }) => String(count * (prices[thing] ?? 0)),
  scorers: [Scorer.numeric()],
  noAnswer: "wrong"
})
