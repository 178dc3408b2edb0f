/** Requests and readings that the simulator's tests share. */
import { bodyText, type Plan } from "spillway/simulator/Plan"
import type { IncomingRequest } from "spillway/simulator/Simulator"

export const post = (path: string, body: unknown): IncomingRequest => ({
  method: "POST",
  path,
  body
})

export const chat = (content: string, more: object = {}): IncomingRequest =>
  post("/chat/completions", {
    model: "gpt-4o-mini",
    messages: [{ role: "user", content }],
    ...more
  })

export type Reply = Extract<Plan, { readonly _tag: "Reply" }>

export const replyOf = (plan: Plan): Reply => {
  if (plan._tag !== "Reply") throw new Error(`Expected a reply, got ${plan._tag}`)
  return plan
}

export const textOf = (plan: Plan): string => {
  const { payload } = replyOf(plan)
  return payload._tag === "Events"
    ? payload.events.map(({ text }) => text).join("")
    : bodyText(payload)
}

export const jsonOf = (plan: Plan) => JSON.parse(textOf(plan))

/** The data of every event that is JSON. */
export const eventsOf = (plan: Plan): ReadonlyArray<unknown> => {
  const { payload } = replyOf(plan)
  if (payload._tag !== "Events") throw new Error("Expected events")
  return payload.events
    .map(({ text }) => /^data: (.*)$/m.exec(text)?.[1] ?? "")
    .filter((data) => data !== "[DONE]")
    .map((data) => JSON.parse(data))
}
