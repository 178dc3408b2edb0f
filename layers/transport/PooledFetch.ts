/**
 * The `fetch` that the `openai` package is given: straight to undici's dispatcher, with a response that is no more than
 * the package reads of one. Node's own `fetch` costs several times as much processor time a request.
 */
import { randomUUID } from "node:crypto"
import type { Dispatcher } from "undici"
import type { ResponseHead } from "../../src/transport/ResponseHead.ts"
import type { Exchange } from "./Exchange.ts"

/** The package's `fetchOptions` of one request: what it does not know it passes on to `fetch`. */
export interface ExchangeOptions extends Pick<RequestInit, "redirect"> {
  readonly exchange: Exchange
}

/** Our own id of each request, which the provider keeps in its logs. */
const CLIENT_REQUEST_ID = "x-client-request-id"

/**
 * Status and headers, as the package reads them. It is `ok` whatever the status, and has no body: a refusal is mapped to
 * its reason, and the body read, by the owner of the exchange.
 */
const responseOf = ({ status, headers }: ResponseHead): Response => {
  const view = {
    get: (name: string) => headers[name.toLowerCase()] ?? null,
    entries: () => Object.entries(headers)
  }
  return { ok: true, status, headers: view, body: null } as unknown as Response
}

const headerList = (headers: RequestInit["headers"]): Array<string> => {
  const list: Array<string> = []
  for (const [name, value] of headers instanceof Headers ? headers : new Headers(headers)) {
    list.push(name, value)
  }
  list.push(CLIENT_REQUEST_ID, randomUUID())
  return list
}

/** Where the origin of a URL ends and its path begins. */
const pathStart = (url: string): number => {
  const slash = url.indexOf("/", url.indexOf("://") + 3)
  return slash === -1 ? url.length : slash
}

/** Resolves with the head; rejects where none arrives, interruption included. */
export const make =
  (pool: Dispatcher) =>
  (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { exchange, method, headers, body } = init as RequestInit & ExchangeOptions
    const url = String(input)
    const start = pathStart(url)
    try {
      pool.dispatch(
        {
          origin: url.slice(0, start),
          path: url.slice(start) || "/",
          method: method ?? "GET",
          headers: headerList(headers),
          body: typeof body === "string" ? body : null
        },
        exchange
      )
    } catch (error) {
      exchange.fail(error)
    }
    return exchange.answered.then(responseOf)
  }
