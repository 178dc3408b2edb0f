/** What a client uploads, and what the Files API refuses of it. Where it is kept: `FileStore.ts`. */
import type { ErrorAnswer } from "../ErrorAnswers.ts"
import { bodyTooLarge, invalid } from "../ErrorAnswers.ts"
import { KEPT, MAX_FILE_BYTES, MAX_INPUT_BYTES } from "./BatchOptions.ts"

/** A multipart form, read: over HTTP by `layers/simulator/MultipartForm.ts`; a caller in the process hands it over as it is. */
export interface FileUpload {
  readonly filename: string
  readonly bytes: Uint8Array
  readonly purpose: string
  readonly expiresAfter?: ExpiresAfter
}

export interface ExpiresAfter {
  /** The platform knows one anchor, `created_at`. */
  readonly anchor: string
  readonly seconds: number
}

const purposes = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]

const missing = (field: string): ErrorAnswer =>
  invalid(`Missing required parameter: '${field}'.`, field, "missing_required_parameter")

export const expiryProblem = (asked: ExpiresAfter, field: string): ErrorAnswer | undefined => {
  if (asked.anchor !== "created_at") {
    return invalid(
      `Invalid value: '${asked.anchor}'. Supported values are: 'created_at'.`,
      `${field}.anchor`,
      "invalid_value"
    )
  }
  const { seconds } = asked
  return Number.isInteger(seconds) && seconds >= KEPT.least && seconds <= KEPT.most
    ? undefined
    : invalid(
        `Invalid '${field}.seconds': expected an integer between ${KEPT.least} and ${KEPT.most}.`,
        `${field}.seconds`,
        "integer_out_of_range"
      )
}

export const uploadProblem = (upload: FileUpload | undefined): ErrorAnswer | undefined => {
  if (upload === undefined) return missing("file")
  if (upload.purpose === "") return missing("purpose")
  if (!purposes.includes(upload.purpose)) {
    return invalid(
      `Invalid value: '${upload.purpose}'. Supported values are: ${purposes.map((each) => `'${each}'`).join(", ")}.`,
      "purpose",
      "invalid_value"
    )
  }
  if (upload.bytes.length > MAX_FILE_BYTES) return bodyTooLarge(MAX_FILE_BYTES)
  if (upload.purpose === "batch") {
    if (!upload.filename.endsWith(".jsonl")) {
      return invalid("Invalid file format for Batch API. Must be .jsonl", "file")
    }
    if (upload.bytes.length > MAX_INPUT_BYTES) {
      return invalid(
        `File is too large for the Batch API: ${upload.bytes.length} bytes, at most ${MAX_INPUT_BYTES} are allowed.`,
        "file"
      )
    }
  }
  return upload.expiresAfter === undefined
    ? undefined
    : expiryProblem(upload.expiresAfter, "expires_after")
}
