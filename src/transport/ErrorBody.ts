/**
 * What the body of a refused request says, in whichever of the known shapes: OpenAI's, Azure's, those of compatible
 * servers and gateways, a proxy's HTML page, plain text, or nothing. What it means is decided in `ErrorMapping.ts`.
 */
import { redact } from "./Redaction.ts"

export interface ErrorFacts {
  /** Free of secrets and bounded; empty where the body says nothing. */
  readonly message: string
  readonly type: string
  readonly code: string
  readonly param: string
}

type Fields = Readonly<Record<string, unknown>>

const none: ErrorFacts = { message: "", type: "", code: "", param: "" }

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null

/** Some servers number their codes. */
const word = (value: unknown): string =>
  typeof value === "string"
    ? value.slice(0, 200)
    : typeof value === "number" && Number.isFinite(value)
      ? String(value)
      : ""

const text = (value: unknown): string => {
  if (typeof value === "string") return redact(value.trim())
  // FastAPI lists its findings: `detail: [{ loc, msg }]`.
  if (Array.isArray(value)) return redact(value.map(text).filter(Boolean).join("; "))
  return isFields(value) ? text(value.message ?? value.msg ?? "") : ""
}

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

const html = (page: string): ErrorFacts => {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(page)?.[1]?.replace(/\s+/g, " ").trim()
  const said = title === undefined || title === "" ? "" : `: ${redact(title)}`
  return { ...none, message: `A proxy answered with an HTML page${said}.` }
}

/** The facts of an error object, as in `error` of a body, an event of a stream or a line of a batch. */
export const ofError = (error: unknown): ErrorFacts => {
  if (!isFields(error)) return { ...none, message: text(error) }
  const message = text(error.message ?? error.msg ?? error.detail ?? error.error ?? "")
  return {
    message,
    type: word(error.type),
    code: word(error.code),
    param: word(error.param)
  }
}

/** @param body the raw text, or the value that was parsed from it */
export const parseBody = (body: unknown): ErrorFacts => {
  const value = typeof body === "string" ? parse(body) : body
  if (typeof value === "string") return /^\s*</.test(value) ? html(value) : ofError(value)
  if (Array.isArray(value)) return parseBody(isFields(value[0]) ? value[0] : undefined)
  if (!isFields(value)) return none
  const { error } = value
  if (isFields(error)) {
    const inner = ofError(error)
    return inner.message === "" ? { ...inner, message: text(value.message ?? value.detail) } : inner
  }
  // `{"error": "…"}`, `{"message": …}`, `{"detail": …}`, `{"errors": […]}`
  const outer = ofError(value)
  return {
    ...outer,
    message:
      outer.message !== "" ? outer.message : text(error ?? value.errors ?? value.error_description)
  }
}
