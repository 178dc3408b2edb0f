/** What names a row by its content: the same for the same values, in whatever order its fields are. */
import canonicalize from "canonicalize"
import type { Digest } from "../checkpoint/Sha256.ts"

/** @returns hexadecimal digits */
export const hash = (digest: Digest, value: unknown): string =>
  digest(canonical(value)).slice(0, HASH_DIGITS)

/** 64 bits: two among a million different rows meet with a chance below 1 in 10,000,000. */
const HASH_DIGITS = 16

/** Canonical JSON refuses some values that JSON takes: only those pay for a copy without them. */
const canonical = (value: unknown): string => {
  try {
    return canonicalize(value) ?? ""
  } catch {
    return canonicalize(JSON.parse(JSON.stringify(value, wellFormed))) ?? ""
  }
}

/** What JSON or UTF-8 cannot write: half a surrogate pair, and integers beyond a double. */
const wellFormed = (_: string, value: unknown): unknown => {
  if (typeof value === "bigint") return String(value)
  return typeof value === "string" ? value.toWellFormed() : value
}
