/** One HTTP request to the simulated provider: read it, let the model decide, perform the plan on the socket. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { pipeline, Readable } from "node:stream"
import { setImmediate } from "node:timers/promises"
import { bodyTooLarge, type ErrorAnswer, serverError } from "../../src/simulator/ErrorAnswers.ts"
import type { Payload, Plan, TimedText } from "../../src/simulator/Plan.ts"
import type { IncomingRequest, Simulator } from "../../src/simulator/Simulator.ts"
import * as ClientRequestId from "../../src/transport/ClientRequestId.ts"
import { SIMULATED_HEADER } from "../../src/transport/ResponseHead.ts"
import type { CatchUp } from "./CatchUp.ts"
import * as MultipartForm from "./MultipartForm.ts"

/** Bytes of a request's body at most: more than any prompt has, less than would hurt. */
export const MAX_BODY = 64 * 1024 * 1024

type Reply = Extract<Plan, { readonly _tag: "Reply" }>

/** Runs `action` at a time, at once if it has come. A client that leaves takes the rest of its answer with it. */
const at = (
  time: number,
  now: () => number,
  response: ServerResponse,
  action: () => void
): void => {
  const wait = time - now()
  if (wait <= 0) {
    action()
    return
  }
  const timer = setTimeout(action, wait)
  response.once("close", () => clearTimeout(timer))
}

const sendEvents = (
  events: ReadonlyArray<TimedText>,
  from: number,
  now: () => number,
  response: ServerResponse
): void => {
  let index = from
  let due = ""
  for (
    let event = events[index];
    event !== undefined && event.at <= now();
    event = events[++index]
  ) {
    due += event.text
  }
  if (due !== "") response.write(due)
  const next = events[index]
  if (next === undefined) {
    response.end()
    return
  }
  // One timer at a time; its listener goes with it, so that a long stream does not gather thousands.
  const stop = () => clearTimeout(timer)
  const timer = setTimeout(
    () => {
      response.off("close", stop)
      sendEvents(events, index, now, response)
    },
    Math.max(1, next.at - now())
  )
  response.once("close", stop)
}

const reply = (plan: Reply, now: () => number, response: ServerResponse): void => {
  const { payload } = plan
  if (payload._tag === "Events") {
    at(plan.headAt, now, response, () => {
      response.writeHead(plan.status, { ...plan.headers })
      response.flushHeaders()
      sendEvents(payload.events, 0, now, response)
    })
    return
  }
  at(plan.doneAt, now, response, () => {
    if (payload._tag === "Content") {
      sendContent(plan, payload, response)
      return
    }
    const body = Buffer.from(payload.text)
    response.writeHead(plan.status, { ...plan.headers, "content-length": body.length })
    response.end(body)
  })
}

/** A piece may take a while to make: other requests are answered between two of them. */
async function* withPauses(chunks: Iterable<Uint8Array>) {
  for (const chunk of chunks) {
    yield chunk
    await setImmediate()
  }
}

/** A file's pieces are made as fast as the client takes them; what cannot be made breaks the connection. */
const sendContent = (
  plan: Reply,
  content: Extract<Payload, { readonly _tag: "Content" }>,
  response: ServerResponse
): void => {
  response.writeHead(plan.status, { ...plan.headers, "content-length": content.bytes })
  pipeline(Readable.from(withPauses(content.chunks()), { objectMode: false }), response, () => {})
}

const perform = (plan: Plan, now: () => number, response: ServerResponse): void => {
  // After a hang's plan the socket stays open until the client, or the end of the server, closes it.
  if (plan._tag === "Drop") at(plan.at, now, response, () => response.socket?.destroy())
  if (plan._tag === "Reply") reply(plan, now, response)
}

const sendJson = (
  response: ServerResponse,
  seed: number,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {}
): void => {
  const text = Buffer.from(JSON.stringify(body))
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": text.length,
    [SIMULATED_HEADER]: `seed=${seed}`,
    ...headers
  })
  response.end(text)
}

const refuse = (response: ServerResponse, seed: number, error: ErrorAnswer): void =>
  sendJson(response, seed, error.status, error.body, { connection: "close" })

const parseBody = (chunks: ReadonlyArray<Buffer>): unknown => {
  try {
    return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString("utf8"))
  } catch {
    return undefined
  }
}

/** "" for none: the model tells a missing key from a caller that needs none. */
const bearer = (request: IncomingMessage): string =>
  /^Bearer\s+(\S+)/i.exec(request.headers.authorization ?? "")?.[1] ?? ""

const clientRequestIdOf = ({ headers }: IncomingMessage): string | undefined =>
  headers[ClientRequestId.HEADER]?.toString()

/** Reads a body of bounded size; answers 413 itself, after the rest has been thrown away. */
const readBody = (
  request: IncomingMessage,
  response: ServerResponse,
  seed: number,
  done: (content: Pick<IncomingRequest, "body" | "upload">) => void
): void => {
  // A client that vanishes in the middle of its request has sent none.
  request.on("error", () => response.destroy())
  const tooLarge = (limit: number) => refuse(response, seed, bodyTooLarge(limit))
  if (MultipartForm.isForm(request)) {
    MultipartForm.read(request, (upload) => done({ body: undefined, upload }), tooLarge)
    return
  }
  const chunks: Array<Buffer> = []
  let size = 0
  request.on("data", (chunk: Buffer) => {
    size += chunk.length
    if (size <= MAX_BODY) {
      chunks.push(chunk)
    } else if (!response.headersSent) {
      chunks.length = 0
      tooLarge(MAX_BODY)
    }
  })
  request.on("end", () => {
    if (size <= MAX_BODY) done({ body: parseBody(chunks) })
  })
}

/** A responder is the user's own code: what it throws is an answer to this request, not the end of the server. */
const responderFailed = (response: ServerResponse, seed: number, cause: unknown): void => {
  const { status, body } = serverError("none")
  const said = cause instanceof Error ? cause.message : String(cause)
  const message = `The responder of the simulated model threw: ${said}`
  sendJson(response, seed, status, { error: { ...body.error, message } })
}

const decide = (
  simulator: Simulator,
  incoming: IncomingRequest,
  time: number,
  now: () => number,
  response: ServerResponse
): void => {
  let plan: Plan
  try {
    plan = simulator.handle(incoming, time)
  } catch (cause) {
    responderFailed(response, simulator.seed, cause)
    return
  }
  perform(plan, now, response)
}

const sendStats = (
  simulator: Simulator,
  now: number,
  contents: boolean,
  response: ServerResponse
): void =>
  sendJson(response, simulator.seed, 200, {
    ...simulator.stats(now),
    ...(contents ? { billedContents: simulator.billedContents() } : {})
  })

/** Where a request goes; one whose target is no URL goes nowhere that exists. */
const targetOf = (request: IncomingMessage): URL =>
  URL.parse(request.url ?? "/", "http://simulator") ?? new URL("http://simulator/invalid-url")

/** Model names hold no escapes; what cannot be decoded stays as it is, and is found nowhere. */
const pathOf = (url: URL): string => {
  const path = url.pathname.replace(/^\/v1(?=\/)/, "")
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

export const answerRequest = (
  simulator: Simulator,
  catchUp: CatchUp,
  now: () => number,
  request: IncomingMessage,
  response: ServerResponse
): void => {
  // A client that leaves while its answer is written is nothing to report.
  response.on("error", () => response.destroy())
  const url = targetOf(request)
  const method = request.method ?? "GET"
  if (method === "GET" && url.pathname === "/_spillway/stats") {
    const contents = url.searchParams.get("contents") === "1"
    catchUp((time) => sendStats(simulator, time, contents, response))
    return
  }
  const path = `${pathOf(url)}${url.search}`
  const key = bearer(request)
  const clientRequestId = clientRequestIdOf(request)
  readBody(request, response, simulator.seed, (content) => {
    at(now() + simulator.uplink(), now, response, () => {
      const incoming = { method, path, key, clientRequestId, ...content }
      const decideAt = (time: number) => decide(simulator, incoming, time, now, response)
      if (simulator.tellsOfBatches(incoming)) catchUp(decideAt)
      else decideAt(now())
    })
  })
}
