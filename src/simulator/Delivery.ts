/** An answer on its way back to the client: its head and times, and what is lost or broken of it. */
import { type Context, head, JSON_TYPE, type Whole } from "./Answer.ts"
import type { FaultKind } from "./Faults.ts"
import type { Payload, Plan } from "./Plan.ts"
import { spoilHeaders } from "./RateHeaders.ts"

const EVENTS_TYPE = "text/event-stream; charset=utf-8"
const FILE_TYPE = "application/octet-stream"

function* firstBytes(chunks: Iterable<Uint8Array>, bytes: number): Iterable<Uint8Array> {
  let left = bytes
  for (const chunk of chunks) {
    if (left <= 0) return
    yield chunk.subarray(0, left)
    left -= chunk.length
  }
}

const half = (payload: Payload): Payload => {
  switch (payload._tag) {
    case "Body":
      return { _tag: "Body", text: payload.text.slice(0, Math.floor(payload.text.length / 2)) }
    case "Events":
      return {
        _tag: "Events",
        events: payload.events.slice(0, Math.floor(payload.events.length / 2))
      }
    case "Content": {
      const bytes = Math.floor(payload.bytes / 2)
      return { _tag: "Content", bytes, chunks: () => firstBytes(payload.chunks(), bytes) }
    }
  }
}

/** Faults that strike a finished answer on its way back. */
export const deliveryFaults: ReadonlySet<FaultKind> = new Set([
  "drop_after",
  "truncated",
  "empty",
  "wrong_type",
  "no_headers",
  "bad_headers"
])

/** Rate-limit headers lost or broken, where that fault struck. */
export const spoiled = (plan: Plan, struck: ReadonlySet<FaultKind>, at: Context): Plan => {
  if (plan._tag !== "Reply" || !(struck.has("no_headers") || struck.has("bad_headers"))) return plan
  const how = struck.has("no_headers") ? "missing" : "malformed"
  return { ...plan, headers: spoilHeaders(plan.headers, how, () => at.random.next()) }
}

export const deliver = (
  at: Context,
  whole: Whole,
  headers: Readonly<Record<string, string>>,
  struck: ReadonlySet<FaultKind>
): Plan => {
  const doneAt = at.now + whole.doneMs
  if (struck.has("drop_after")) return { _tag: "Drop", at: doneAt, processed: true }
  const spoil = struck.has("empty") || struck.has("wrong_type")
  const payload: Payload = spoil
    ? { _tag: "Body", text: struck.has("empty") ? "" : "upstream connect error or disconnect" }
    : struck.has("truncated")
      ? half(whole.payload)
      : whole.payload
  const streams = payload._tag === "Events"
  const firstAt = streams ? at.now + whole.firstMs : doneAt
  const type = streams
    ? EVENTS_TYPE
    : struck.has("wrong_type")
      ? "text/plain"
      : payload._tag === "Content"
        ? FILE_TYPE
        : JSON_TYPE
  const plan: Plan = {
    _tag: "Reply",
    admitted: true,
    status: whole.status,
    headers: { ...head(at, type, streams ? whole.firstMs : whole.doneMs), ...headers },
    headAt: firstAt,
    firstByteAt: firstAt,
    doneAt,
    payload
  }
  return spoiled(plan, struck, at)
}
