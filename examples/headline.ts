/** The program of example 04. It asks for `Generate` and knows nothing of what answers. */
import { Effect } from "effect"
import { Generate, GenerateRequest } from "spillway"

export const headline = Effect.fn("headline")(function* (article: string) {
  const response = yield* Generate.generate(
    GenerateRequest.make({
      model: "gpt-6-luna",
      system: "Answer with a headline of at most eight words.",
      prompt: article,
      maxOutputTokens: 100
    })
  )
  return response.text.trim() === "" ? "(no headline)" : response.text.trim()
})
