/** One line of a batch's output or error file. */
import { type ErrorAnswer, serverError } from "../ErrorAnswers.ts"

/** What became of a request, as one small number each. */
export const Outcome = {
  pending: 0,
  succeeded: 1,
  /** Refused by its endpoint, with a 4xx. */
  rejected: 2,
  /** The provider's own error. */
  broken: 3,
  /** Done and paid for, and in neither file. */
  missing: 4,
  expired: 5,
  cancelled: 6
} as const

export interface LineHead {
  readonly id: string
  readonly customId: string
  readonly requestId: string
}

const line = (head: LineHead, response: string, error: string): string =>
  `{"id": "${head.id}", "custom_id": ${JSON.stringify(head.customId)}, "response": ${response}, "error": ${error}}\n`

const answered = (head: LineHead, status: number, body: string): string =>
  line(
    head,
    `{"status_code": ${status}, "request_id": "${head.requestId}", "body": ${body}}`,
    "null"
  )

/** @param body the answer's body, as JSON */
export const succeeded = (head: LineHead, body: string): string => answered(head, 200, body)

/** A rejected request has a response, and no error beside it. */
export const rejected = (head: LineHead, { status, body }: ErrorAnswer): string =>
  answered(head, status, JSON.stringify(body))

/** @param told the provider's error comes as a response with status 500; else as an error without a response */
export const broken = (head: LineHead, told: boolean): string =>
  told
    ? answered(head, 500, JSON.stringify(serverError(head.requestId).body))
    : line(
        head,
        "null",
        JSON.stringify({
          code: "server_error",
          message: "The server had an error while processing this request."
        })
      )

const reasons = {
  expired: "This request could not be executed before the completion window expired.",
  cancelled: "This request was not executed because the batch was cancelled."
} as const

/** A request that its batch never came to. */
export const undone = (head: LineHead, as: keyof typeof reasons): string =>
  line(head, "null", JSON.stringify({ code: `batch_${as}`, message: reasons[as] }))
