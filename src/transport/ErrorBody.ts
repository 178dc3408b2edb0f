/**
 * What the body of a refused request says, in whichever of the known shapes: OpenAI's, Azure's, those of compatible
 * servers and gateways, a proxy's HTML page, plain text, or nothing. What it means is decided in `ErrorMapping.ts`.
 */
import { redact } from "./Redaction.ts"
import { isFields } from "./Wire.ts"

export interface ErrorFacts {
  /** Free of secrets and bounded; empty where the body says nothing. */
  readonly message: string
  readonly type: string
  readonly code: string
  readonly param: string
}

const none: ErrorFacts = { message: "", type: "", code: "", param: "" }

/** Some servers number their codes. */
const word = (value: unknown): string =>
  typeof value === "string"
    ? value.slice(0, 200)
    : typeof value === "number" && Number.isFinite(value)
      ? String(value)
      : ""

/** Levels of lists and objects that a message may lie in. */
const DEPTH = 3

/** Findings of a list that are told. */
const MANY = 10

const text = (value: unknown, depth: number = DEPTH): string => {
  if (typeof value === "string") return redact(value.trim())
  if (depth === 0) return ""
  // FastAPI lists its findings: `detail: [{ loc, msg }]`.
  if (Array.isArray(value)) {
    const findings = value.slice(0, MANY).map((finding) => text(finding, depth - 1))
    return redact(findings.filter(Boolean).join("; "))
  }
  return isFields(value) ? text(value.message ?? value.msg ?? "", depth - 1) : ""
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
  // Some gateways wrap the object in a list.
  if (Array.isArray(value)) return isFields(value[0]) ? parseBody(value[0]) : none
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
