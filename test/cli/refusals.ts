/** How every refusal looks, whatever was wrong. */
import { assert } from "@effect/vitest"
import type { Result } from "./Cli.ts"

/** Traces of a program's insides that say nothing to its user. */
const INSIDES = /undefined|\bNaN\b|\[object|\n\s+at |node:internal|Error:|Cause\(|Schema validation/

/** Nothing on standard output; on standard error a few lines at most, which begin with the program's name. */
export const assertRefused = (result: Result, code: number, says: RegExp): void => {
  assert.strictEqual(result.code, code, result.err)
  assert.strictEqual(result.out, "")
  assert.match(result.err, says)
  assert.match(result.err, /^spillway[ :]/)
  assert.notMatch(result.err, INSIDES)
  assert.isAtMost(result.err.trimEnd().split("\n").length, 4)
}
