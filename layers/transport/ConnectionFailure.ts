/** Why a request got no whole answer, in words for a person: undici's and Node's errors to one reason. */
import { ConnectionFailed } from "../../src/error/OpenAiReason.ts"
import { redact } from "../../src/transport/Redaction.ts"

const messages: Readonly<Record<string, string>> = {
  ECONNREFUSED: "The connection was refused; check the base URL and the proxy.",
  ENOTFOUND: "The host name of the base URL cannot be resolved.",
  EAI_AGAIN: "The host name of the base URL cannot be resolved for now.",
  ENETUNREACH: "The network is unreachable.",
  EHOSTUNREACH: "The host is unreachable.",
  ECONNRESET: "The connection was reset.",
  EPIPE: "The connection was closed while the request was being sent.",
  ETIMEDOUT: "The connection timed out.",
  UND_ERR_CONNECT_TIMEOUT: "The connection could not be established in time.",
  UND_ERR_SOCKET: "The connection was closed before the answer was complete.",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "The answer was cut off.",
  UND_ERR_HEADERS_OVERFLOW: "The answer's headers are too large."
}

/** Certificates have many codes: these prefixes and endings cover those of Node's TLS. */
const tls =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|EPROTO$)|(?:CERT|CERTIFICATE|SIGNATURE|ISSUER_CERT_LOCALLY)$/

const field = (error: unknown, name: "code" | "message"): string => {
  if (typeof error !== "object" || error === null || !(name in error)) return ""
  const value: unknown = Reflect.get(error, name)
  return typeof value === "string" ? value : ""
}

/** The error that says most: trying several addresses collects several, a proxy wraps its own. */
const innermost = (error: unknown): unknown => {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0])
  const inner = error instanceof Error ? error.cause : undefined
  return inner === undefined || inner === error ? error : innermost(inner)
}

/** @param sent whether the request had begun to leave */
export const reason = (error: unknown, sent: boolean): ConnectionFailed => {
  const cause = innermost(error)
  const code = field(cause, "code")
  const detail = redact(field(cause, "message"))
  const known = messages[code]
  const text =
    known !== undefined
      ? `${known}${detail === "" ? "" : ` (${detail})`}`
      : tls.test(code)
        ? `The server's certificate is not trusted or TLS failed: ${code}. A private authority is trusted by SPILLWAY_EXTRA_CA.`
        : `The connection failed: ${detail || code || "no reason given"}.`
  return new ConnectionFailed({ message: text, sent })
}
