/** What a request of a shared quota is marked with when it leaves, so that its response can be read. */
import type { BucketMirror } from "../../../src/rate-limit/BucketMirror.ts"
import type { Charge, SendMark } from "../../../src/rate-limit/PoolQuota.ts"
import type { SharedMark } from "./HeardHeads.ts"
import { bounded } from "./Lease.ts"
import type { SharedView } from "./SharedView.ts"

export interface LeasedMark extends SendMark {
  readonly shared: SharedMark | undefined
  /** The mirror that it is about, if it left while Redis was away. */
  readonly alone: BucketMirror | undefined
}

export const make = (
  order: number,
  charge: Charge,
  alone: BucketMirror | undefined,
  view: SharedView,
  now: number
): LeasedMark => {
  const mark = alone?.depart(charge, now)
  const bound = { requests: bounded(charge.requests), tokens: bounded(charge.tokens) }
  return {
    order,
    at: now,
    requests: mark?.requests ?? { sent: 0, fenced: 0, charge: bound.requests },
    tokens: mark?.tokens ?? { sent: 0, fenced: 0, charge: bound.tokens },
    shared: alone === undefined ? view.mark(bound, now) : undefined,
    alone
  }
}
