/** The account's files: uploaded ones with their bytes, results that are made while they are read (`ResultFiles.ts`). */
import type { JsonObject } from "../../request/GenerateRequest.ts"
import { seeded } from "../Seeded.ts"

/** Files for batches, and their results, are kept this long unless something else was asked for. */
const LIFETIME_MS = 2_592_000_000

export interface StoredFile {
  readonly id: string
  readonly filename: string
  readonly purpose: string
  /** Milliseconds on the simulator's clock. */
  readonly createdAt: number
  /** Never, for files of other purposes. */
  readonly expiresAt: number | undefined
  readonly bytes: number
  readonly chunks: () => Iterable<Uint8Array>
  /** The bytes of a file that was uploaded. */
  readonly data: Uint8Array | undefined
}

export interface FileStore {
  readonly files: Map<string, StoredFile>
  readonly seed: number
  /** How many there have been: each has an id of its own. */
  count: number
}

export const make = (seed: number): FileStore => ({ files: new Map(), seed, count: 0 })

export const add = (
  store: FileStore,
  file: Pick<StoredFile, "filename" | "purpose" | "createdAt" | "bytes" | "chunks"> & {
    readonly data?: Uint8Array
    readonly keptSeconds?: number | undefined
  }
): StoredFile => {
  const { keptSeconds, data, ...rest } = file
  const lasting =
    keptSeconds === undefined
      ? file.purpose.startsWith("batch")
        ? LIFETIME_MS
        : undefined
      : keptSeconds * 1_000
  const stored: StoredFile = {
    ...rest,
    id: `file-${seeded(store.seed, "file", store.count++).hex(22)}`,
    expiresAt: lasting === undefined ? undefined : file.createdAt + lasting,
    data
  }
  store.files.set(stored.id, stored)
  return stored
}

/** Forgets what has expired. */
const expire = (store: FileStore, now: number): void => {
  for (const file of store.files.values()) {
    if (file.expiresAt !== undefined && file.expiresAt <= now) store.files.delete(file.id)
  }
}

export const find = (store: FileStore, id: string, now: number): StoredFile | undefined => {
  const file = store.files.get(id)
  if (file?.expiresAt === undefined || file.expiresAt > now) return file
  store.files.delete(id)
  return undefined
}

export const remove = (store: FileStore, id: string): void => {
  store.files.delete(id)
}

/** Newest first. */
export const all = (store: FileStore, now: number): ReadonlyArray<StoredFile> => {
  expire(store, now)
  return [...store.files.values()].reverse()
}

export const fileBody = (file: StoredFile): JsonObject => ({
  id: file.id,
  object: "file",
  bytes: file.bytes,
  created_at: Math.floor(file.createdAt / 1_000),
  ...(file.expiresAt === undefined ? {} : { expires_at: Math.floor(file.expiresAt / 1_000) }),
  filename: file.filename,
  purpose: file.purpose,
  status: "processed"
})
