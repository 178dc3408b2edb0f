/**
 * The policy of a shared quota, as Redis runs it: one script call is one decision, on the clock of Redis. It takes in what
 * a process has sent and heard (`HeardLua.ts`), and leases it the next slice of the quota (`LeaseLua.ts`). What goes in and
 * comes out: `QuotaScript.ts`; the keys: `RedisRateLimiter.ts`.
 *
 * The arithmetic is that of `src/rate-limit/Bucket.ts`: `net` is refill less everything sent, so a response's `remaining`
 * and the `net` at its snapshot give the level now.
 */
import { heard } from "./HeardLua.ts"
import { lease } from "./LeaseLua.ts"
import { state } from "./StateLua.ts"

export const lua = state + heard + lease
