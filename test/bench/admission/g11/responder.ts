/**
 * A provider that answers at once, in a process of its own: one fixed chat completion, and a quota too wide to bind, told
 * in every head as the platform tells it. So the client is what is measured, and its mirror of the quota works as ever.
 */
import { createServer } from "node:http"

const [requestsPerMinute = "", tokensPerMinute = ""] = process.argv.slice(2)

const body = JSON.stringify({
  id: "chatcmpl-g11",
  object: "chat.completion",
  created: 1_790_000_000,
  model: "gpt-4o-mini-2024-07-18",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "positive", refusal: null, annotations: [] },
      logprobs: null,
      finish_reason: "stop"
    }
  ],
  usage: { prompt_tokens: 30, completion_tokens: 1, total_tokens: 31 },
  service_tier: "default"
})
const headers = {
  "content-type": "application/json",
  "content-length": String(Buffer.byteLength(body)),
  "x-request-id": "req_g11",
  "x-ratelimit-limit-requests": requestsPerMinute,
  "x-ratelimit-limit-tokens": tokensPerMinute,
  "x-ratelimit-remaining-requests": String(Number(requestsPerMinute) - 1),
  "x-ratelimit-remaining-tokens": String(Number(tokensPerMinute) - 100),
  "x-ratelimit-reset-requests": "1ms",
  "x-ratelimit-reset-tokens": "1ms"
}

const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  request.resume()
  request.on("end", () => {
    response.writeHead(200, headers)
    response.end(body)
  })
})
server.listen({ port: 0, host: "127.0.0.1", backlog: 10_000 }, () => {
  const address = server.address()
  process.send?.(typeof address === "object" && address !== null ? address.port : 0)
})
process.on("disconnect", () => process.exit(0))
