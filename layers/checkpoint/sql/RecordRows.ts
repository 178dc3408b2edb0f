/** How a record lies in the `records` table: what queries and totals need as columns, the rest as JSON. */
import { Schema } from "effect"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import { ledgerTags } from "../../../src/checkpoint/BatchRecord.ts"
import { Redelivered } from "../../../src/checkpoint/BlockRecord.ts"
import type { StoredOutcome } from "../../../src/checkpoint/CheckpointStore.ts"
import { RequestKey } from "../../../src/checkpoint/RequestKey.ts"
import type { Entry } from "../../../src/checkpoint/RunLedger.ts"
import { Failure, RunRecord } from "../../../src/checkpoint/RunRecord.ts"
import { ModelResponse } from "../../../src/request/ModelResponse.ts"
import type { Row } from "./Database.ts"

// A resumed run checks every answer it reads: compiled, that costs less than parsing the JSON.
for (const { ast } of [RunRecord, ModelResponse, Failure]) SchemaJITCompiler.enable(ast)

export interface RecordRow {
  readonly tag: RunRecord["_tag"]
  /** The key of a request, the id of a shard, or the digest of a block. */
  readonly key: string | null
  readonly attempt: number | null
  /** 1e-9 USD: reserved by an intent, spent by what closes one. Of a block of answers: removals. */
  readonly amount: number | null
  readonly json: string
}

/** @param removals how many runs had been removed from the store when the journal was opened: `RunReader.finishedBlocks` */
export const encode = (record: RunRecord, removals = 0): RecordRow => {
  const row = (json: object, attempt?: number, amount?: number): RecordRow => ({
    tag: record._tag,
    key: "key" in record ? record.key : "shard" in record ? record.shard : null,
    attempt: attempt ?? null,
    amount: amount ?? null,
    json: JSON.stringify(json)
  })
  switch (record._tag) {
    case "Intent":
      return row({ at: record.at }, record.attempt, record.reserved)
    case "Released":
      return row({ unknown: record.unknown }, record.attempt, record.spent)
    case "Answered": {
      const { response, at } = record
      return row({ response, at }, record.attempt, response.cost)
    }
    case "BlockFinished": {
      const { _tag, digest, ...fields } = record
      const stamp = record.needs === "answered" ? removals : undefined
      return { ...row(fields, undefined, stamp), key: digest }
    }
    default: {
      const { _tag, ...fields } = record
      if ("shard" in fields) {
        const { shard, ...others } = fields
        return row(others)
      }
      if (!("key" in fields)) return row(fields)
      const { key, ...others } = fields
      return row(others)
    }
  }
}

const shardTags: ReadonlySet<unknown> = new Set([...ledgerTags, "ShardLines"])
const nameOfKey = (tag: unknown): string =>
  tag === "BlockFinished" ? "digest" : shardTags.has(tag) ? "shard" : "key"

const isRecord = Schema.is(RunRecord)
const isResponse = Schema.is(ModelResponse)
const isFailure = Schema.is(Failure)
const isRedelivered = Schema.is(Redelivered)

const parse = (json: unknown): unknown => {
  try {
    return typeof json === "string" ? JSON.parse(json) : undefined
  } catch {
    return undefined
  }
}

/** `undefined` for a row that is no record: torn, altered, or of another program. */
export const decode = (row: Row): RunRecord | undefined => {
  const fields = parse(row.json)
  if (typeof fields !== "object" || fields === null) return undefined
  const amount = Number(row.amount)
  const record: Record<string, unknown> = { _tag: row.tag, ...fields }
  if (row.key !== null) record[nameOfKey(row.tag)] = row.key
  if (row.attempt !== null) record.attempt = Number(row.attempt)
  if (row.tag === "Intent") record.reserved = amount
  if (row.tag === "Released") record.spent = amount
  return isRecord(record) ? record : undefined
}

/** The outcome that a row's `tag` and `json` hold, if it is one and whole. */
export const decodeOutcome = ({ tag, json }: Row): StoredOutcome | undefined => {
  const fields = parse(json)
  if (typeof fields !== "object" || fields === null) return undefined
  if (tag === "Answered" && "response" in fields && isResponse(fields.response)) {
    return { _tag: tag, response: fields.response }
  }
  if (tag === "Failed" && "failure" in fields && isFailure(fields.failure)) {
    return { _tag: tag, failure: fields.failure }
  }
  return undefined
}

/** `undefined`, which stands for any item, where it is damaged. */
export const decodeRedelivered = (json: unknown): Redelivered | undefined => {
  const fields = parse(json)
  if (typeof fields !== "object" || fields === null) return undefined
  const record = { _tag: "Redelivered", ...fields }
  return isRedelivered(record) ? record : undefined
}

/** What the row does to the ledger, from its columns alone. */
export const decodeEntry = (row: Row): Entry => {
  const key = RequestKey.make(String(row.key))
  const [attempt, amount] = [Number(row.attempt), Number(row.amount)]
  return row.tag === "Intent"
    ? { _tag: "Intent", key, attempt, reserved: amount }
    : { _tag: "Closed", key, attempt, spent: amount }
}
