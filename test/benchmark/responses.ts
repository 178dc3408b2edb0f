/** Answers as a store holds them. */
import type { ModelResponse } from "spillway/request/ModelResponse"

export const answer = (text: string, more: Partial<ModelResponse> = {}): ModelResponse => ({
  id: "resp_1",
  text,
  toolCalls: [],
  finishReason: "stop",
  usage: { input: 100, cached: 10, cacheWrite: 0, output: 20, reasoning: 5 },
  servedModel: "gpt-6-luna-2026-09-01",
  cost: 20_000,
  latencyMs: 1_000,
  attempts: 1,
  requestIds: ["req_1"],
  simulated: false,
  ...more
})
