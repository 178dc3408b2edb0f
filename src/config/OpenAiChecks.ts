/**
 * What is wrong with a key, a URL or an identifier, before it fails far away: in a header that cannot be sent, or at a
 * host that must not see a key. Each answers a sentence, or nothing; none repeats the value.
 */

const QUOTES = /^["'`“”‘’].*|.*["'`“”‘’]$/
const PLACEHOLDER =
  /^(<.*>|your[-_ ].*|.*your[-_]?(openai[-_]?)?(api[-_]?)?key.*|sk-\.{2,}.*|sk-x{3,}.*|x{3,}|\.{3}|changeme|replace[-_ ]?me.*|insert[-_ ].*)$/i

/** What may stand in a header as one word: printable ASCII without spaces. */
const WORD = /^[\x21-\x7e]+$/

const unsendable = (value: string): string | undefined => {
  if (/[\r\n]/.test(value)) return "It contains a line break."
  if (/\s/.test(value)) return "It contains a space."
  if (QUOTES.test(value))
    return "It is wrapped in quotation marks, which are part of the value here."
  if (!WORD.test(value)) return "It contains a character that no HTTP header can carry."
  return undefined
}

export const apiKey = (value: string): string | undefined => {
  if (value.trim() === "") return "It is empty."
  if (/^bearer\s/i.test(value)) return 'It begins with "Bearer": give the key alone.'
  const problem = unsendable(value)
  if (problem !== undefined) return problem
  return PLACEHOLDER.test(value) ? "It is the placeholder of an example, not a key." : undefined
}

export const identifier = (value: string): string | undefined => unsendable(value)

const parseUrl = (value: string): URL | undefined =>
  URL.canParse(value) ? new URL(value) : undefined

/** This machine itself: what is sent there leaves it on no wire. */
export const isLoopback = (value: string): boolean => {
  const host = parseUrl(value)?.hostname ?? ""
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    host === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(host)
  )
}

export const baseUrl = (value: string): string | undefined => {
  const url = parseUrl(value)
  if (url === undefined || !/^https?:$/.test(url.protocol) || !/^https?:\/\//i.test(value)) {
    return "It is no http or https URL."
  }
  if (url.username !== "" || url.password !== "") {
    return "It contains a user name or password: the key goes into OPENAI_API_KEY."
  }
  if (url.search !== "" || url.hash !== "" || /[?#]$/.test(value)) {
    return "It has a query or fragment, and paths are appended to it."
  }
  return url.hostname === "api.openai.com" && url.pathname === "/"
    ? "The version is missing from its end."
    : undefined
}

/** A key must not travel in the clear. */
export const unencrypted = (value: string): string | undefined =>
  parseUrl(value)?.protocol === "http:" && !isLoopback(value)
    ? "It sends the key unencrypted to another machine: use https, or set SPILLWAY_ALLOW_HTTP=true."
    : undefined

/** The form that the transport appends paths to. */
export const normalBaseUrl = (value: string): string => value.replace(/\/+$/, "")

export const proxy = (value: string): string | undefined => {
  const url = parseUrl(value)
  return url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== ""
    ? undefined
    : "It is no http or https URL of a proxy."
}

export const certificates = (pem: string): string | undefined =>
  /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.test(pem)
    ? undefined
    : "The file holds no certificate in PEM form."
