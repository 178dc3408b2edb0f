/**
 * A fast HTTP responder in a process of its own: one fixed chat completion, so that the client is what is measured. It tells
 * a quota too wide to bind, as the platform tells its own in every head.
 */
import { createServer } from "node:http"

const body = JSON.stringify({
  id: "chatcmpl-bench",
  object: "chat.completion",
  created: 1_790_000_000,
  model: "gpt-4o-mini-2024-07-18",
  choices: [
    {
      index: 0,
      message: {
        role: "assistant",
        content: "The answer is 42. ".repeat(12),
        refusal: null,
        annotations: []
      },
      logprobs: null,
      finish_reason: "stop"
    }
  ],
  usage: {
    prompt_tokens: 120,
    completion_tokens: 60,
    total_tokens: 180,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 }
  },
  service_tier: "default"
})
const headers = {
  "content-type": "application/json",
  "content-length": String(Buffer.byteLength(body)),
  "x-request-id": "req_bench",
  "openai-processing-ms": "5",
  "x-ratelimit-limit-requests": "100000000",
  "x-ratelimit-limit-tokens": "100000000000",
  "x-ratelimit-remaining-requests": "99999999",
  "x-ratelimit-remaining-tokens": "99999999800",
  "x-ratelimit-reset-requests": "1ms",
  "x-ratelimit-reset-tokens": "1ms"
}

const server = createServer((request, response) => {
  request.on("data", () => {})
  request.on("end", () => {
    response.writeHead(200, headers)
    response.end(body)
  })
})
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.send?.(typeof address === "object" && address !== null ? address.port : 0)
})
process.on("disconnect", () => process.exit(0))
