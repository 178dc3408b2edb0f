/** An account with the Batch API on a virtual clock: calls as values, times in milliseconds, files as lines. */
import { Result } from "effect"
import { parse } from "spillway/simulator/FaultSyntax"
import * as Simulator from "spillway/simulator/Simulator"
import { jsonOf, replyOf, textOf } from "../requests.ts"

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const CHAT = "/v1/chat/completions"

export interface ResultLine {
  readonly id: string
  readonly custom_id: string
  readonly response: {
    readonly status_code: number
    readonly request_id: string
    // biome-ignore lint/suspicious/noExplicitAny: bodies of three endpoints, read by what each test expects
    readonly body: any
  } | null
  readonly error: { readonly code: string; readonly message: string } | null
}

export const chatBody = (content: string, more: object = {}) => ({
  model: "gpt-4o-mini",
  messages: [{ role: "user", content }],
  max_tokens: 50,
  ...more
})

export const chatLine = (id: string, more: object = {}) => ({
  custom_id: id,
  method: "POST",
  url: CHAT,
  body: chatBody(`Question ${id}`, more)
})

export const chatLines = (count: number) =>
  Array.from({ length: count }, (_, i) => chatLine(`item-${i}`))

export const jsonl = (lines: ReadonlyArray<unknown>): string =>
  lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n")

const encoder = new TextEncoder()

export const account = (
  options: Omit<Simulator.SimulatorOptions, "faults"> & { readonly faults?: string } = {}
) => {
  const { faults = "", ...rest } = options
  const simulator = Simulator.make({ ...rest, faults: Result.getOrThrow(parse(faults)) })
  const plan = (method: string, path: string, now: number, body?: unknown) =>
    simulator.handle({ method, path, body }, now)
  const call = (method: string, path: string, now: number, body?: unknown) =>
    jsonOf(plan(method, path, now, body))
  const uploaded = (text: string, now: number, more: object = {}) =>
    simulator.handle(
      {
        method: "POST",
        path: "/files",
        body: undefined,
        upload: {
          filename: "input.jsonl",
          bytes: encoder.encode(text),
          purpose: "batch",
          ...more
        }
      },
      now
    )
  const upload = (text: string, now: number, more: object = {}) => jsonOf(uploaded(text, now, more))
  const create = (file: string, now: number, more: object = {}) =>
    plan("POST", "/batches", now, {
      input_file_id: file,
      endpoint: CHAT,
      completion_window: "24h",
      ...more
    })
  return {
    simulator,
    plan,
    call,
    status: (method: string, path: string, now: number, body?: unknown) =>
      replyOf(plan(method, path, now, body)).status,
    uploaded,
    upload,
    create,
    /** Uploads lines and creates a batch of them. */
    submit: (lines: ReadonlyArray<unknown>, now: number, more: object = {}) =>
      jsonOf(create(upload(jsonl(lines), now).id, now, more)),
    batch: (id: string, now: number) => call("GET", `/batches/${id}`, now),
    lines: (id: string, now: number): ReadonlyArray<ResultLine> =>
      textOf(plan("GET", `/files/${id}/content`, now))
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line))
  }
}

/** One whose batches take a known time: the work an hour, and everything around it a minute or so. */
export const hourly = (options: Parameters<typeof account>[0] = {}) =>
  account({ ...options, batch: { medianMs: HOUR, spread: 0, ...options.batch } })
