/**
 * The numbers in the words of a 429, which may be all that it says: `Limit 60000, Used 54134, Requested 6465.` When to come
 * back is read in `RetryHint.ts`.
 */
import type { RateLimited } from "../error/OpenAiReason.ts"
import type { ErrorFacts } from "./ErrorBody.ts"

export interface Numbers {
  readonly limit: number | undefined
  readonly used: number | undefined
  readonly requested: number | undefined
}

const amount = (message: string, name: string): number | undefined => {
  const found = new RegExp(`\\b${name}:? ?(\\d[\\d,]{0,24})`, "i").exec(message)?.[1]
  return found === undefined ? undefined : Number(found.replaceAll(",", ""))
}

/** Absent where the message does not name them. */
export const numbersOf = (message: string): Numbers => ({
  limit: amount(message, "limit"),
  used: amount(message, "used") ?? amount(message, "current"),
  requested: amount(message, "requested")
})

/** A limit per minute and what is left of it, where the message names both. */
export const minuteOf = (
  message: string
): { readonly limit: number; readonly remaining: number } | undefined => {
  const { limit, used } = numbersOf(message)
  if (limit === undefined || used === undefined || !/per[- ]min|\b[RT]PM\b/i.test(message))
    return undefined
  return limit >= 1 && limit <= 1e12 ? { limit, remaining: Math.max(0, limit - used) } : undefined
}

/** Also in Azure's words, and as abbreviations. */
const words: ReadonlyArray<readonly [RegExp, RateLimited["dimension"]]> = [
  [/images?[- ]per|\b(?:IPM|IPD)\b/i, "images"],
  [/tokens[- ]per|token rate limit|\b(?:TPM|TPD)\b/i, "tokens"],
  [/requests[- ]per|(?:call|request) rate limit|\b(?:RPM|RPD)\b/i, "requests"]
]

/** What ran out: by the error's type, else by its message. */
export const dimensionOf = ({
  type,
  message
}: Pick<ErrorFacts, "message"> & Partial<ErrorFacts>): RateLimited["dimension"] => {
  if (type === "requests" || type === "tokens" || type === "images") return type
  if (type === "input-images") return "images"
  return words.find(([pattern]) => pattern.test(message))?.[1] ?? "unknown"
}
