/** Datasets, and what can be done to them on the way. Prints how many rows each of them has, and the first. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Schema, Stream } from "effect"
import * as Dataset from "spillway/benchmark/Dataset"

const data = (name: string) => new URL(`../data/${name}`, import.meta.url)

/** Of a file's rows only what the benchmark needs, from where it stands. */
const problems = Dataset.fields(Dataset.jsonl(data("word-problems.jsonl")), {
  question: "question",
  solution: (row) => String(Reflect.get(Object(row), "answer")).split("#### ")[1]
})

const datasets: Readonly<Record<string, Dataset.Dataset>> = {
  "JSON Lines": problems,
  // A header row, then texts; `.gz` may follow any of the three endings.
  CSV: Dataset.csv(data("school-questions.csv")),
  // The array stands under a key; `{ at: "data.items" }` goes deeper.
  JSON: Dataset.json(data("puzzles.json"), { at: "examples" }),
  values: Dataset.array(["one", "two", "three"]),
  // Called once for every pass, and must give the same values each time.
  generator: Dataset.generate(function* () {
    for (let n = 1; n <= 1_000; n++) yield { n, square: n * n }
  }),
  filtered: Dataset.where(
    Dataset.csv(data("school-questions.csv")),
    Schema.Struct({ subject: Schema.Literal("astronomy") }),
    () => true
  ),
  "the second hundred": Dataset.slice(problems, { offset: 100, limit: 100 }),
  // The same seed draws the same rows.
  sample: Dataset.sample(problems, { count: 25, seed: 3 }),
  shuffled: Dataset.shuffle(problems, { seed: 3 }),
  both: Dataset.concat(problems, Dataset.json(data("puzzles.json"), { at: "examples" }))
}

const program = Effect.forEach(
  Object.entries(datasets),
  ([name, dataset]) =>
    Effect.gen(function* () {
      const rows = yield* Stream.runCollect(Dataset.rows(dataset))
      const first = JSON.stringify(rows[0]?.value).slice(0, 60)
      yield* Console.log(`${name}: ${rows.length}, ${first}`)
    }),
  { discard: true }
)

await Effect.runPromise(Effect.provide(program, NodeServices.layer))
