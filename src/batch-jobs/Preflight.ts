/**
 * A user's file of OpenAI's batch format, checked before anything of it is sent: all that the platform would find hours
 * later, by line. How many lines, bytes, models and endpoints it has is no defect: `layers/batch-jobs/Sharding.ts` puts its
 * lines into as many files as they need. What can be wrong with a line: `LineDefects.ts`.
 */
import { Effect, type FileSystem, Stream } from "effect"
import type { DatasetError } from "../benchmark/DatasetError.ts"
import * as DatasetBytes from "../benchmark/dataset/DatasetBytes.ts"
import { type Digest, Sha256 } from "../checkpoint/Sha256.ts"
import type { Endpoint } from "../request/GenerateRequest.ts"
import * as FileLines from "./FileLines.ts"
import * as FirstLines from "./FirstLines.ts"
import { type Defect, type Inspected, inspect } from "./LineDefects.ts"
import * as ShardLimits from "./ShardLimits.ts"

/** Lines that can share a batch. */
export interface Group {
  readonly endpoint: Endpoint
  readonly model: string
  readonly lines: number
  /** As they stand in the file, each with its end. */
  readonly bytes: number
}

export interface Preflight {
  /** Lines that are not blank. */
  readonly lines: number
  /** Of the lines without a defect of their own, in the order of their first lines. */
  readonly groups: ReadonlyArray<Group>
  /** The first hundred, by line. None: the file can be planned. */
  readonly defects: ReadonlyArray<Defect>
  readonly defectCount: number
}

/** Defects that are told; a file that is wrong altogether has millions. */
const MOST_TOLD = 100

/** Hexadecimal digits of a digest that fit exactly into a double. */
const DIGITS = 13

const printOf = (digest: Digest, customId: string): number =>
  Number.parseInt(digest(customId).slice(-DIGITS), 16) + 1

/** The defects found so far, the first of them as they are. */
interface Found {
  readonly told: Array<Defect>
  count: number
}

const report = (found: Found, defect: Defect): void => {
  found.count += 1
  if (found.told.length < MOST_TOLD) found.told.push(defect)
}

const inspected = (path: string): Stream.Stream<Inspected, DatasetError, FileSystem.FileSystem> =>
  DatasetBytes.text(path).pipe(
    (text) => FileLines.fromText(text, ShardLimits.platform.bytes),
    Stream.map(inspect)
  )

const group = (groups: Map<string, Group>, { endpoint, model, bytes }: Inspected): void => {
  if (endpoint === undefined || model === undefined) return
  const name = `${endpoint} ${model}`
  const so = groups.get(name)
  groups.set(name, {
    endpoint,
    model,
    lines: (so?.lines ?? 0) + 1,
    bytes: (so?.bytes ?? 0) + bytes + 1
  })
}

const duplicate = (line: number, customId: string, first: number): Defect => ({
  line,
  code: "duplicate_custom_id",
  field: "custom_id",
  problem: `"${customId}" stands on line ${first} already.`,
  fix: "Give every line an id of its own."
})

/** Reads the file once more, for the ids that look as if they came twice. */
const duplicates = Effect.fnUntraced(function* (
  path: string,
  suspects: ReadonlySet<number>,
  digest: Digest
) {
  const found: Found = { told: [], count: 0 }
  const firsts = new Map<string, number>()
  yield* Stream.runForEachArray(inspected(path), (page) =>
    Effect.sync(() => {
      for (const { line, customId } of page) {
        if (customId === undefined || !suspects.has(printOf(digest, customId))) continue
        const first = firsts.get(customId)
        if (first === undefined) firsts.set(customId, line)
        else report(found, duplicate(line, customId, first))
      }
    })
  )
  return found
})

const emptyFile: Defect = {
  code: "empty_file",
  problem: "The file holds no requests.",
  fix: "Check that it is the right file and was written completely."
}

/**
 * Checks a file, gzip too, in one pass and about 20 bytes a line; in two where ids look alike. Fails only where the file
 * cannot be read.
 */
export const check = Effect.fn("Preflight.check")(function* (path: string) {
  const digest = yield* Sha256
  const found: Found = { told: [], count: 0 }
  const groups = new Map<string, Group>()
  const firstOf = FirstLines.make()
  const suspects = new Set<number>()
  let lines = 0
  yield* Stream.runForEachArray(inspected(path), (page) =>
    Effect.sync(() => {
      for (const one of page) {
        lines += 1
        for (const defect of one.defects) report(found, defect)
        if (one.defects.length === 0) group(groups, one)
        if (one.customId === undefined) continue
        const print = printOf(digest, one.customId)
        if (firstOf(print, one.line) !== 0) suspects.add(print)
      }
    })
  )
  if (lines === 0) report(found, emptyFile)
  const twice =
    suspects.size === 0 ? { told: [], count: 0 } : yield* duplicates(path, suspects, digest)
  const result: Preflight = {
    lines,
    groups: [...groups.values()],
    defects: [...found.told, ...twice.told]
      .sort((one, other) => (one.line ?? 0) - (other.line ?? 0))
      .slice(0, MOST_TOLD),
    defectCount: found.count + twice.count
  }
  return result
})
