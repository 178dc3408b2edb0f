/** A benchmark in a stranger's project, run by the installed command. */
import { Schema } from "effect"
import { Benchmark, Dataset, Scorer } from "spillway"

const Country = Schema.Struct({ country: Schema.String, capital: Schema.String })

export default Benchmark.make({
  name: "capitals",
  item: Country,
  dataset: Dataset.array([
    { country: "France", capital: "Paris" },
    { country: "Japan", capital: "Tokyo" },
    { country: "Kenya", capital: "Nairobi" },
    { country: "Peru", capital: "Lima" },
    { country: "Norway", capital: "Oslo" },
    { country: "Egypt", capital: "Cairo" }
  ]),
  prompt: ({ country }) => `Name the capital of ${country}. Answer with its name only.`,
  target: ({ capital }) => capital,
  scorers: [Scorer.exactMatch],
  noAnswer: "wrong",
  request: { model: "gpt-6-luna", maxOutputTokens: 200 }
})
