/**
 * Our own id of each sending, `X-Client-Request-Id`, which the provider keeps in its logs: `<32 digits>-<attempt>-<random>`
 * for an attempt at a request that has a key, a random one for any other. It says nothing about the request to anybody
 * who does not have it: the digits are those of a hash. Different samples of one request have different keys; by them the
 * simulated provider knows which of its answers is asked for (`simulator/Draw.ts`).
 * The header's rules (ASCII, at most 512 characters, another one each time):
 * https://platform.openai.com/docs/api-reference/debugging-requests
 */
import type { RequestKey } from "../checkpoint/RequestKey.ts"

/** Its name, in lower case. */
export const HEADER = "x-client-request-id"

/** A caller's own keys may be any text, which no header need carry. */
const KEY = /^k1:[0-9a-f]{32}/
const DIGITS = { from: 3, to: 35 }

/**
 * Of an attempt, the same whenever it is made: what the id begins with. `undefined` for a key of another form than
 * `RequestKey.make` gives.
 *
 * @param attempt of this start of the program, from 0
 */
export const ofAttempt = (key: RequestKey, attempt: number): string | undefined =>
  KEY.test(key) ? `${key.slice(DIGITS.from, DIGITS.to)}-${attempt}` : undefined

/** Random digits that are added: for the few sendings of one attempt they are never the same. */
const ADDED = 12

/** @param uuid a random one: all of it where there is no attempt, else its last digits */
export const make = (attempt: string | undefined, uuid: string): string =>
  attempt === undefined ? uuid : `${attempt}-${uuid.slice(-ADDED)}`
