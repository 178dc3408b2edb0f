/**
 * What a run comes to, from the traffic and from the provider's own account: pure functions, each with its definition.
 * Times are milliseconds since the start.
 */
import type { Window } from "spillway/simulator/Faults"
import type { Scenario } from "./Scenario.ts"
import { type Exchange, isRateLimited, type Traffic } from "./Traffic.ts"

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** What the provider counted for one pool. */
export interface Account {
  readonly admittedRequests: number
  readonly admittedTokens: number
  readonly neighbourRequests: number
  readonly neighbourTokens: number
}

/** The limit from `from` to `until` added up, a minute's limit for each minute, piece by piece where it changes. */
const granted = (limit: number, scenario: Scenario, from: number, until: number): number => {
  let total = 0
  let factor = 1
  let at = from
  for (const change of scenario.limitChanges) {
    const next = Math.min(Math.max(change.at, from), until)
    total += (limit * factor * (next - at)) / MINUTE
    at = next
    if (change.at < until) factor = change.factor
  }
  return total + (limit * factor * (until - at)) / MINUTE
}

/**
 * Own admitted charge over all there was to use: the initial level and what flowed in, which does not stop where a client
 * leaves the bucket full, less what neighbours were given. Of the resource that binds: the larger of the two shares.
 */
export const utilisation = (scenario: Scenario, account: Account, until: number): number => {
  const { requestsPerMinute, tokensPerMinute } = scenario.limits
  const share = (limit: number, own: number, neighbours: number) =>
    own / (limit + granted(limit, scenario, 0, until) - neighbours)
  return Math.max(
    share(requestsPerMinute, account.admittedRequests, account.neighbourRequests),
    share(tokensPerMinute, account.admittedTokens, account.neighbourTokens)
  )
}

/** When the client had a response that was produced after this change and before the next: absent if it never had. */
const shownAt = (
  exchanges: ReadonlyArray<Exchange>,
  from: number,
  to: number
): number | undefined => {
  let first: number | undefined
  for (const { arrivedAt, headAt, told } of exchanges) {
    if (!told || arrivedAt === undefined || headAt === undefined) continue
    if (arrivedAt >= from && arrivedAt < to && (first === undefined || headAt < first))
      first = headAt
  }
  return first
}

/**
 * 429s of requests that were sent after a response had shown the quota as it has been since its latest change. Nothing
 * changed: every 429. `undefined` where the quota moves all the time.
 */
export const avoidable429 = (scenario: Scenario, traffic: Traffic): number | undefined => {
  if (scenario.changes === "always") return undefined
  const refused = traffic.exchanges.filter(isRateLimited)
  const times = [...scenario.changes].sort((a, b) => a - b)
  if (times.length === 0) return refused.length
  let count = 0
  for (const [index, from] of [Number.NEGATIVE_INFINITY, ...times].entries()) {
    const to = times[index] ?? Number.POSITIVE_INFINITY
    const within = refused.filter(({ arrivedAt = 0 }) => arrivedAt >= from && arrivedAt < to)
    if (within.length === 0) continue
    // Before the first change there was nothing to be shown.
    const shown = index === 0 ? 0 : shownAt(traffic.exchanges, from, to)
    if (shown !== undefined) count += within.filter(({ sentAt }) => sentAt >= shown).length
  }
  return count
}

export const rateLimitedShare = ({ exchanges }: Traffic): number =>
  exchanges.length === 0 ? 0 : exchanges.filter(isRateLimited).length / exchanges.length

/** Of what has ended: the requests in flight at the end of the run have no result to be counted against. */
export const attemptsPerSuccess = ({ answered, exchanges }: Traffic): number | undefined => {
  const ended = exchanges.filter(({ cut, endedAt }) => endedAt !== undefined && !cut).length
  return answered === 0 ? undefined : ended / answered
}

/** Attempts per success, over the 1/(1-f) that no client can go below where a share `f` of the attempts fails. */
export const attemptsOverLeast = (traffic: Traffic, failed: number): number | undefined => {
  const attempts = attemptsPerSuccess(traffic)
  return attempts === undefined ? undefined : attempts * (1 - failed)
}

/** Charge that was served, second by second of its arrival. */
const servedBySecond = (traffic: Traffic, lasts: number): Float64Array => {
  const seconds = new Float64Array(Math.ceil(lasts / SECOND) + 1)
  for (const { arrivedAt, charge, served } of traffic.exchanges) {
    if (!served || arrivedAt === undefined) continue
    const second = Math.floor(arrivedAt / SECOND)
    seconds[second] = (seconds[second] ?? 0) + charge
  }
  return seconds
}

const between = (seconds: Float64Array, from: number, to: number): number =>
  seconds.subarray(Math.max(0, from), to).reduce((sum, charge) => sum + charge, 0)

/** Seconds over which a rate is judged: long enough that single large requests do not decide. */
const SPAN = 15

/** Seconds at a span's beginning in which at least half of the usual throughput has to be there already. */
const BEGINNING = 5

/** Charge a second that the client had served before a disturbance, without the burst of its first minute. */
const usualRate = (seconds: Float64Array, scenario: Scenario, from: number): number => {
  const end = Math.floor(from / SECOND)
  const start = Math.min(60, Math.floor(end / 2))
  const before = between(seconds, start, end) / Math.max(1, end - start)
  return Math.min(before, scenario.limits.tokensPerMinute / 60)
}

/**
 * Seconds after the end of a disturbance until 90% of the throughput of before is back and stays for two spans. No
 * burst makes up for a silence: not in the next span, and not at the beginning of its own. `undefined`: never within this run.
 */
const recovery = (
  seconds: Float64Array,
  scenario: Scenario,
  disturbance: Window,
  lasts: number
): number | undefined => {
  const usual = usualRate(seconds, scenario, disturbance.from)
  const enough = 0.9 * usual * SPAN
  const end = Math.ceil(disturbance.to / SECOND)
  for (let at = end; (at + 2 * SPAN) * SECOND <= lasts; at++) {
    const first = between(seconds, at, at + SPAN)
    const second = between(seconds, at + SPAN, at + 2 * SPAN)
    // A burst at the end of a span must not hide the silence before it.
    const begun = between(seconds, at, at + BEGINNING) >= 0.5 * usual * BEGINNING
    if (begun && first >= enough && second >= enough) return at - end
  }
  return undefined
}

/** The worst over all disturbances; `Infinity`: not back within the run. */
export const recoverySeconds = (
  scenario: Scenario,
  traffic: Traffic,
  lasts: number
): number | undefined => {
  if (scenario.disturbances.length === 0) return undefined
  const seconds = servedBySecond(traffic, lasts)
  const all = scenario.disturbances.map(
    (each) => recovery(seconds, scenario, each, lasts) ?? Number.POSITIVE_INFINITY
  )
  return Math.max(...all)
}

/** Tokens served in the last minute over what flowed in during it: 0 for a client that is stuck. */
export const lastMinuteShare = (scenario: Scenario, traffic: Traffic, lasts: number): number => {
  const end = Math.floor(lasts / SECOND)
  const served = between(servedBySecond(traffic, lasts), end - 60, end)
  const { tokensPerMinute } = scenario.limits
  return served / granted(tokensPerMinute, scenario, lasts - MINUTE, lasts)
}

/**
 * Seconds from the first response that shows new limits until the client's sending is at the new rate: at most 110% of it
 * over a span after a decrease (and one largest request, which a span may hold or not), at least 90% after an increase.
 */
export const adaptationSeconds = (
  scenario: Scenario,
  traffic: Traffic,
  lasts: number
): number | undefined => {
  const [change] = scenario.limitChanges
  if (change === undefined) return undefined
  const shown = shownAt(traffic.exchanges, change.at, Number.POSITIVE_INFINITY)
  if (shown === undefined) return Number.POSITIVE_INFINITY
  const rate = (scenario.limits.tokensPerMinute * change.factor) / 60
  const largest = 4_096
  const sent = [...traffic.exchanges].sort((a, b) => a.sentAt - b.sentAt)
  for (let at = shown; at + SPAN * SECOND <= lasts; at += SECOND / 10) {
    let charge = 0
    for (const each of sent) {
      if (each.sentAt >= at && each.sentAt < at + SPAN * SECOND) charge += each.charge
    }
    const reached =
      change.factor < 1 ? charge <= 1.1 * rate * SPAN + largest : charge >= 0.9 * rate * SPAN
    if (reached) return (at - shown) / SECOND
  }
  return Number.POSITIVE_INFINITY
}

/** Retries sent within a second of the failure that they follow. */
const isImmediate = ({ waited }: Exchange): boolean => waited !== undefined && waited <= SECOND

const RETRY_WINDOW = 10 * SECOND
const RETRY_RESERVE = 10

/** The largest share of immediate retries among all sends of any 10 s, one a second of them not counted. */
export const immediateRetryShare = ({ exchanges }: Traffic): number => {
  let worst = 0
  let start = 0
  let immediate = 0
  for (const [end, exchange] of exchanges.entries()) {
    if (isImmediate(exchange)) immediate++
    for (let old = exchanges[start]; old !== undefined; old = exchanges[++start]) {
      if (old.sentAt > exchange.sentAt - RETRY_WINDOW) break
      if (isImmediate(old)) immediate--
    }
    worst = Math.max(worst, (immediate - RETRY_RESERVE) / (end - start + 1))
  }
  return worst
}
