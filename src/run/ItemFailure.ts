/** Why no request of an item can be sent: the item fails without one. */
import type { Failure } from "../checkpoint/RunRecord.ts"
import { RequestRefused } from "../request/RequestRefused.ts"

/** @param cause what the catalogue refused it with, or what the run's own functions threw */
export const of = (index: number, cause: unknown): Failure =>
  cause instanceof RequestRefused ? refusal(cause) : unusable(index, cause)

/** The run's own functions threw, or made a request that is no JSON: this item's fault, not that of the others. */
const unusable = (index: number, cause: unknown): Failure => ({
  reason: "ItemUnusable",
  message: `No request could be made of item ${index}: ${cause instanceof Error ? `${cause.name}: ${cause.message}` : "its function threw"}.`,
  advice:
    "Correct the run's `id` or `request` function for this item: a request must be plain JSON.",
  retryable: false,
  billed: "no",
  attempts: 0
})

const refusal = (error: RequestRefused): Failure => ({
  reason: "RequestRefused",
  message: error.message,
  advice: error.fix,
  retryable: false,
  billed: "no",
  attempts: 0
})
