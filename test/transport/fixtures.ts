/** Bodies as the API writes them, by hand, and the answers that they are. */
import type { ModelAnswer } from "spillway/request/ModelResponse"

export interface Fixture {
  readonly name: string
  readonly endpoint: "chat" | "responses" | "embeddings"
  readonly body: unknown
  readonly answer: ModelAnswer
}

const none = { input: 0, cached: 0, cacheWrite: 0, output: 0, reasoning: 0 }

export const fixtures: ReadonlyArray<Fixture> = [
  {
    name: "a chat completion with every kind of token",
    endpoint: "chat",
    body: {
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1,
      model: "gpt-4o-2024-08-06",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Paris.", refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: "stop"
        }
      ],
      usage: {
        prompt_tokens: 2_000,
        completion_tokens: 30,
        total_tokens: 2_030,
        prompt_tokens_details: { cached_tokens: 1_024, cache_write_tokens: 512, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 20 }
      },
      service_tier: "flex",
      a_field_of_the_future: { x: 1 }
    },
    answer: {
      id: "chatcmpl-1",
      text: "Paris.",
      toolCalls: [],
      finishReason: "stop",
      usage: { input: 2_000, cached: 1_024, cacheWrite: 512, output: 30, reasoning: 20 },
      servedModel: "gpt-4o-2024-08-06",
      serviceTier: "flex"
    }
  },
  {
    name: "tool calls, function and custom",
    endpoint: "chat",
    body: {
      id: "c",
      model: "m",
      choices: [
        {
          message: {
            content: null,
            tool_calls: [
              { id: "call_1", type: "function", function: { name: "f", arguments: '{"a":1}' } },
              { id: "call_2", type: "custom", custom: { name: "g", input: "free text" } }
            ]
          },
          finish_reason: "tool_calls"
        }
      ]
    },
    answer: {
      id: "c",
      text: "",
      toolCalls: [
        { id: "call_1", name: "f", arguments: '{"a":1}' },
        { id: "call_2", name: "g", arguments: "free text" }
      ],
      finishReason: "tool_calls",
      usage: none,
      servedModel: "m"
    }
  },
  {
    name: "the deprecated function call",
    endpoint: "chat",
    body: {
      choices: [
        {
          message: { content: null, function_call: { name: "f", arguments: "{}" } },
          finish_reason: "function_call"
        }
      ]
    },
    answer: {
      id: "",
      text: "",
      toolCalls: [{ id: "", name: "f", arguments: "{}" }],
      finishReason: "tool_calls",
      usage: none,
      servedModel: ""
    }
  },
  {
    name: "a refusal",
    endpoint: "chat",
    body: {
      choices: [{ message: { content: null, refusal: "I can't help." }, finish_reason: "stop" }]
    },
    answer: {
      id: "",
      text: "",
      toolCalls: [],
      refusal: "I can't help.",
      finishReason: "stop",
      usage: none,
      servedModel: ""
    }
  },
  {
    name: "an answer that Azure's filter took away, without a message",
    endpoint: "chat",
    body: {
      choices: [
        {
          index: 0,
          finish_reason: "content_filter",
          content_filter_results: { hate: { filtered: true } }
        }
      ],
      prompt_filter_results: [],
      usage: { prompt_tokens: 15, completion_tokens: 19 }
    },
    answer: {
      id: "",
      text: "",
      toolCalls: [],
      finishReason: "content_filter",
      usage: { ...none, input: 15, output: 19 },
      servedModel: ""
    }
  },
  {
    name: "a response with several messages and a function call",
    endpoint: "responses",
    body: {
      id: "resp_1",
      object: "response",
      status: "completed",
      error: null,
      model: "gpt-6-luna",
      output: [
        { id: "rs_1", type: "reasoning", summary: [] },
        {
          id: "msg_1",
          type: "message",
          role: "assistant",
          content: [
            { type: "output_text", text: "One, " },
            { type: "output_text", text: "two, " }
          ]
        },
        { id: "msg_2", type: "message", content: [{ type: "output_text", text: "three." }] },
        { id: "fc_1", type: "function_call", call_id: "call_1", name: "f", arguments: "{}" }
      ],
      usage: {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 3 }
      },
      service_tier: "default"
    },
    answer: {
      id: "resp_1",
      text: "One, two, three.",
      toolCalls: [{ id: "call_1", name: "f", arguments: "{}" }],
      finishReason: "tool_calls",
      usage: { input: 10, cached: 4, cacheWrite: 2, output: 7, reasoning: 3 },
      servedModel: "gpt-6-luna",
      serviceTier: "default"
    }
  },
  {
    name: "a response cut off at its bound before a word was said",
    endpoint: "responses",
    body: {
      id: "resp_2",
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      model: "m",
      output: [{ type: "reasoning", summary: [] }],
      usage: { input_tokens: 5, output_tokens: 16, output_tokens_details: { reasoning_tokens: 16 } }
    },
    answer: {
      id: "resp_2",
      text: "",
      toolCalls: [],
      finishReason: "length",
      usage: { ...none, input: 5, output: 16, reasoning: 16 },
      servedModel: "m"
    }
  },
  {
    name: "embeddings out of order, as numbers and as base64",
    endpoint: "embeddings",
    body: {
      object: "list",
      data: [
        { object: "embedding", index: 1, embedding: "AACAPwAAAMA=" },
        { object: "embedding", index: 0, embedding: [0.5, -0.25] }
      ],
      model: "text-embedding-3-small",
      usage: { prompt_tokens: 4, total_tokens: 4 }
    },
    answer: {
      id: "",
      text: "",
      toolCalls: [],
      finishReason: "stop",
      embeddings: [
        [0.5, -0.25],
        [1, -2]
      ],
      usage: { ...none, input: 4 },
      servedModel: "text-embedding-3-small"
    }
  }
]
