/** Reads the multipart form of a file's upload while it comes in. What it becomes: `src/simulator/batch/FileUpload.ts`. */
import type { IncomingMessage } from "node:http"
import * as MultipartParser from "effect/http/MultipartParser"
import { MAX_FILE_BYTES } from "../../src/simulator/batch/BatchOptions.ts"
import type { FileUpload } from "../../src/simulator/batch/FileUpload.ts"

/** Bytes of a form at most: the largest file that there is, and its surroundings. */
const MAX_FORM = MAX_FILE_BYTES + 64 * 1024

const typeOf = (request: IncomingMessage): string => request.headers["content-type"] ?? ""

export const isForm = (request: IncomingMessage): boolean =>
  typeOf(request).toLowerCase().startsWith("multipart/form-data")

interface Form {
  readonly fields: Map<string, string>
  readonly chunks: Array<Uint8Array>
  filename: string | undefined
  readable: boolean
}

const uploadOf = ({ chunks, fields, filename, readable }: Form): FileUpload | undefined => {
  if (!readable || filename === undefined) return undefined
  const anchor = fields.get("expires_after[anchor]")
  const seconds = fields.get("expires_after[seconds]")
  return {
    filename,
    bytes: Buffer.concat(chunks),
    purpose: fields.get("purpose") ?? "",
    ...(anchor === undefined && seconds === undefined
      ? {}
      : { expiresAfter: { anchor: anchor ?? "", seconds: Number(seconds ?? Number.NaN) } })
  }
}

const parserOf = (request: IncomingMessage, form: Form): MultipartParser.Parser =>
  MultipartParser.make({
    headers: { "content-type": typeOf(request) },
    onField: (info, value) => {
      form.fields.set(info.name, MultipartParser.decodeField(info, value))
    },
    onFile: (info) => {
      if (info.name !== "file" || form.filename !== undefined) return () => {}
      form.filename = info.filename ?? ""
      return (chunk) => {
        if (chunk !== null) form.chunks.push(chunk)
      }
    },
    onError: () => {
      form.readable = false
    },
    onDone: () => {}
  })

/**
 * @param done is given what was uploaded; `undefined` for a form without a file, or one that cannot be read
 * @param tooLarge is called instead, with the bound, as soon as the form is above it
 */
export const read = (
  request: IncomingMessage,
  done: (upload: FileUpload | undefined) => void,
  tooLarge: (limit: number) => void
): void => {
  const form: Form = { fields: new Map(), chunks: [], filename: undefined, readable: true }
  const parser = parserOf(request, form)
  let size = 0
  request.on("data", (chunk: Buffer) => {
    const fitted = size <= MAX_FORM
    size += chunk.length
    if (size <= MAX_FORM) {
      parser.write(chunk)
    } else if (fitted) {
      form.chunks.length = 0
      tooLarge(MAX_FORM)
    }
  })
  request.on("end", () => {
    if (size > MAX_FORM) return
    parser.end()
    done(uploadOf(form))
  })
}
