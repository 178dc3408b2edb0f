/** The faults that the provider answers with an error although the request is in order and the quota has room. */
import * as Errors from "./ErrorAnswers.ts"
import type { FaultKind } from "./Faults.ts"
import type { Pool } from "./Quota.ts"

export interface ErrorSetting {
  readonly model: string
  readonly organization: string
  readonly requestId: string
  readonly pool: Pool
}

const RETRY_AFTER = 1_000
const SLOW_DOWN_AFTER = 5_000

const stormy = ({ model, organization, pool }: ErrorSetting): Errors.ErrorAnswer => {
  const limit = Math.round(pool.requests.limit)
  return Errors.rateLimited(model, organization, {
    _tag: "Limited",
    dimension: "requests",
    limit,
    used: limit,
    requested: 1,
    retryAfterMs: RETRY_AFTER
  })
}

/** The first that struck, in this order, is the one that is answered. */
const errors: ReadonlyArray<readonly [FaultKind, (at: ErrorSetting) => Errors.ErrorAnswer]> = [
  ["429", stormy],
  [
    "slow_down",
    ({ model, organization }) =>
      Errors.rateLimited(model, organization, { _tag: "SlowDown", retryAfterMs: SLOW_DOWN_AFTER })
  ],
  ["500", ({ requestId }) => Errors.serverError(requestId)],
  ["503", () => Errors.overloaded],
  ["408", () => Errors.requestTimeout],
  ["409", () => Errors.conflict]
]

export const injectedError = (
  struck: ReadonlySet<FaultKind>,
  setting: ErrorSetting
): { readonly kind: FaultKind; readonly error: Errors.ErrorAnswer } | undefined => {
  const found = errors.find(([kind]) => struck.has(kind))
  return found === undefined ? undefined : { kind: found[0], error: found[1](setting) }
}
