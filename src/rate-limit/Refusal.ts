/**
 * What a refused response (429, or 503 `slow_down`) asks of everybody who shares the quota. Which error the one request
 * gets is another question, answered in `transport/ErrorMapping.ts`.
 */
import type { ResponseHead } from "../transport/ResponseHead.ts"
import * as RetryHint from "../transport/RetryHint.ts"

export type Refusal =
  /** Nothing may be sent for that long. */
  | { readonly _tag: "Wait"; readonly ms: number }
  /** Traffic grew too fast: go on at a lower rate, after the hint if there is one. */
  | { readonly _tag: "SlowDown"; readonly ms: number | undefined }
  /** Rate limited, and nobody says for how long. */
  | { readonly _tag: "Unhinted" }
  /** Not about the rate: billing, or a request that is too large by itself. Others may go on. */
  | { readonly _tag: "NotShared" }

const slowDown = /\bslow[ _]?down\b/i
const tooLarge = /\brequest too large\b/i
const rate = /\brate[ _-]?limit/i
const billing = /\b(?:quota|billing|credit|spend|insufficient_quota)\b/i
const numbers = /\blimit:? ?(\d{1,15})\b.*\brequested:? ?(\d{1,15})\b/i

const exceedsLimit = (message: string): boolean => {
  const found = numbers.exec(message)
  return found !== null && Number(found[2]) > Number(found[1])
}

/** `undefined`: the response refuses nothing that concerns the rate. */
export const read = (head: ResponseHead, message: string, now: number): Refusal | undefined => {
  const slow = (head.status === 429 || head.status === 503) && slowDown.test(message)
  if (head.status !== 429 && !slow) return undefined
  if (tooLarge.test(message) || exceedsLimit(message)) return { _tag: "NotShared" }
  const ms = RetryHint.parse(head.headers, message, now)
  if (slow) return { _tag: "SlowDown", ms }
  if (ms !== undefined) return { _tag: "Wait", ms }
  return billing.test(message) && !rate.test(message) ? { _tag: "NotShared" } : { _tag: "Unhinted" }
}
