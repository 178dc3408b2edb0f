/**
 * What the `openai` package makes of a call: its address and its headers, authentication and user agent included. The
 * package is asked once for each path that takes a body, because of such calls only the body differs. Building and
 * watching a request of its own costs the package about 150 µs of processor time, more than all of the sending.
 */
import { randomUUID } from "node:crypto"
import type { Readable } from "node:stream"
import type OpenAI from "openai"
import type { Dispatcher } from "undici"
import * as ClientRequestId from "../../src/transport/ClientRequestId.ts"
import type { ApiCall } from "../../src/transport/OpenAiTransport.ts"

/** A call without its body and without an id. */
interface Envelope {
  readonly origin: string
  readonly path: string
  readonly method: ApiCall<unknown>["method"]
  /** Names and values by turns. */
  readonly headers: ReadonlyArray<string>
}

export interface Kind extends Pick<ApiCall<unknown>, "method" | "path" | "body" | "attemptId"> {
  /** The type of the answer. Default: JSON. */
  readonly accept?: string | undefined
}

/** A body that is written while it is being sent. */
export interface Content {
  readonly type: string
  readonly bytes: number
  readonly stream: Readable
}

const methods = { GET: "get", POST: "post", DELETE: "delete" } as const

/** Where the origin of a URL ends and its path begins. */
const pathStart = (url: string): number => {
  const slash = url.indexOf("/", url.indexOf("://") + 3)
  return slash === -1 ? url.length : slash
}

const build = async (client: OpenAI, { method, path, body, accept }: Kind): Promise<Envelope> => {
  const json = body === undefined ? {} : { body: {} }
  const type = accept === undefined ? {} : { headers: { accept } }
  const { req, url } = await client.buildRequest({
    method: methods[method],
    path,
    ...json,
    ...type
  })
  const start = pathStart(url)
  const headers = [...req.headers].flat()
  return { origin: url.slice(0, start), path: url.slice(start) || "/", method, headers }
}

export interface SdkRequests {
  /** Calls back at once where the kind is known. What the package throws is the request's fault. */
  readonly envelope: (
    kind: Kind,
    made: (envelope: Envelope) => void,
    unmade: (error: unknown) => void
  ) => void
}

export const make = (client: OpenAI): SdkRequests => {
  // Only calls with a body: their paths are few, while those without one name files and jobs.
  const known = new Map<string, Envelope>()
  return {
    envelope: (kind, made, unmade) => {
      const id = `${kind.method} ${kind.path}`
      const found = kind.body === undefined ? undefined : known.get(id)
      if (found !== undefined) return made(found)
      build(client, kind).then((envelope) => {
        if (kind.body !== undefined) known.set(id, envelope)
        made(envelope)
      }, unmade)
    }
  }
}

/** The request as undici takes it, under a new id of our own. A body whose length is declared is a stream of just so many bytes. */
export const request = (
  { origin, path, method, headers }: Envelope,
  body: string | null | Content,
  attemptId?: string
): Dispatcher.DispatchOptions => {
  const named = [...headers, ClientRequestId.HEADER, ClientRequestId.make(attemptId, randomUUID())]
  if (body === null || typeof body === "string") {
    return { origin, path, method, headers: named, body }
  }
  const { bytes, stream, type } = body
  const described = ["content-type", type, "content-length", String(bytes)]
  return { origin, path, method, headers: [...named, ...described], body: stream }
}
