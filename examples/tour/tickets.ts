/**
 * A benchmark with most of what one can have: answers that are values, three scorers, tags, groups, worked examples drawn
 * from a pool, two prompts, and a sweep. Offline, with nothing to set up:
 *
 *     npm run -s spillway -- bench examples/tour/tickets.ts --offline
 */
import { Schema } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import type { Message } from "spillway/request/GenerateRequest"
import * as StructuredAnswer from "spillway/request/StructuredAnswer"

const Team = Schema.Literals(["billing", "delivery", "product"])
const Ticket = Schema.Struct({
  customer: Schema.String,
  text: Schema.String,
  team: Team,
  /** In whole USD. */
  refund: Schema.Int
})

/** What a customer writes, about how much, and what is right. */
const letters = [
  [
    "billing",
    (usd: number) => `I was charged $${usd} twice. Please give one of them back.`,
    (usd: number) => usd
  ],
  [
    "delivery",
    (usd: number) => `The parcel for which I paid $${usd} shipping never came.`,
    (usd: number) => usd
  ],
  ["product", (usd: number) => `The kettle for $${usd} leaks. Can it be repaired?`, () => 0],
  ["delivery", (usd: number) => `Where is my order over $${usd}? It is a day late.`, () => 0]
] as const

/** Any function that gives the same values each time; here so that the example needs no file. */
const tickets = (customers: number, from: number) =>
  Dataset.generate(function* () {
    for (let n = from; n < from + customers; n++) {
      for (const [team, text, refund] of letters) {
        const usd = 5 + ((n * 7) % 40)
        yield { customer: `customer-${n}`, text: text(usd), team, refund: refund(usd) }
      }
    }
  }, "tickets")

const Routing = StructuredAnswer.make("routing", Schema.Struct({ team: Team, refund: Schema.Int }))

export default Benchmark.make({
  name: "tickets",
  item: Schema.Struct({ ...Ticket.fields, examples: Schema.Array(Ticket) }),
  dataset: Dataset.withExamples(tickets(30, 1), tickets(5, 101), { count: 2, seed: 7 }),
  request: {
    model: "gpt-6-luna",
    system: "Route the ticket of a shop, and say what is to be refunded.",
    maxOutputTokens: 200
  },
  prompt: {
    bare: ({ text }) => text,
    shown: ({ examples, text }) => [
      ...examples.flatMap(
        (one): ReadonlyArray<Message> => [
          { role: "user", content: one.text },
          { role: "assistant", content: JSON.stringify({ team: one.team, refund: one.refund }) }
        ]
      ),
      { role: "user", content: text }
    ]
  },
  answer: Routing,
  target: ({ team, refund }) => JSON.stringify({ team, refund }),
  scorers: [
    Scorer.jsonEqual({ name: "all" }),
    { name: "team", version: 1, score: ({ answer, item }) => answer.team === item.team },
    {
      name: "refund",
      version: 1,
      score: ({ answer, item }) => ({
        value: Math.abs(answer.refund - item.refund) <= 1,
        extracted: `$${answer.refund}`
      })
    }
  ],
  tags: ({ team }) => [team],
  group: ({ customer }) => customer,
  noAnswer: "wrong",
  sweep: { temperatures: [0, 1] }
})
