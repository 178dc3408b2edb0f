/**
 * SHA-256 of a text as UTF-8, in hexadecimal. The default is portable; `layers/checkpoint/NodeSha256.ts` is the same
 * function at a seventh of the cost. A reference and no port: every implementation must give the same digits.
 */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"
import { Context } from "effect"

export type Digest = (text: string) => string

export const portable: Digest = (text) => bytesToHex(sha256(utf8ToBytes(text)))

export const Sha256 = Context.Reference<Digest>("spillway/checkpoint/Sha256", {
  defaultValue: () => portable
})
