/**
 * Effect's own `HttpClient.withRateLimiter` over its `RateLimiter` with the store in memory.
 *
 * Settings: token bucket at the known limits, window of one minute. One limiter reads one resource, so two are stacked: the
 * inner one counts tokens (`tokens: charge`) and gives a 429 back at once (`times: 0`), the outer one counts requests and
 * retries through both, as often as its default allows. Each reads the limit, what remains, and `retry-after` from the
 * provider's headers, so that changed limits are followed. The `reset` headers are not mapped: `120ms` would be read as
 * 120 s. Learning from `retry-after` is on, as by default; without it more are refused when limits fall.
 *
 * A request is given its time when it enters, and keeps it when the limits change. So what waits is kept short: a tenth of
 * what may be in flight, which is still several times what is. 5xx and broken connections go through the limiters again
 * after a backoff.
 */
import { Effect, Random } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { RateLimiter } from "effect/persistence"
import type { Client, Job, Known, Wire } from "../Client.ts"
import { judge, makeEnds, type Outcome, pauseAfter } from "./Retrying.ts"

/** An item on its way; `made`: attempts so far. */
interface Item {
  readonly job: Job
  made: number
}

/** The limiters would go on for ever: here the item ends. */
class Exhausted {
  readonly _tag = "Exhausted"
}

const headers = (resource: "requests" | "tokens") => ({
  limit: `x-ratelimit-limit-${resource}`,
  remaining: `x-ratelimit-remaining-${resource}`,
  retryAfter: "retry-after"
})

type Request = HttpClientRequest.HttpClientRequest

/** The wire as an HTTP client, which finds the item of a request in `items`. */
const overWire = (wire: Wire, { maxAttempts }: Known, items: WeakMap<Request, Item>) => {
  const exchange = Effect.fnUntraced(function* (request: Request) {
    const item = items.get(request)
    if (item === undefined || item.made >= maxAttempts) return yield* Effect.fail(new Exhausted())
    const { headers, status } = yield* wire.exchange(item.job, item.made++)
    return HttpClientResponse.fromWeb(request, new Response(null, { status, headers }))
  })
  return HttpClient.makeWith(Effect.flatMap(exchange), Effect.succeed<Request>)
}

/** Items that wait for the limiters or are in flight. */
const places = (known: Known) => Math.ceil(known.maxInFlight / 10)

export const effect: Client = {
  name: "effect",
  source: "effect 4.1.0, HttpClient.withRateLimiter",
  time: "clock",
  run: Effect.fnUntraced(function* (wire, known) {
    const limiter = yield* Effect.provide(RateLimiter.make, RateLimiter.layerStoreMemory)
    const random = yield* Random.Random
    const items = new WeakMap<Request, Item>()
    const ends = makeEnds(wire, known)
    const common = {
      limiter,
      window: "1 minute",
      algorithm: "token-bucket"
    } as const
    const http = overWire(wire, known, items).pipe(
      HttpClient.withRateLimiter({
        ...common,
        key: "tokens",
        limit: known.tokensPerMinute,
        tokens: (request) => items.get(request)?.job.charge ?? 1,
        times: 0,
        responseHeaders: headers("tokens")
      }),
      HttpClient.withRateLimiter({
        ...common,
        key: "requests",
        limit: known.requestsPerMinute,
        responseHeaders: headers("requests")
      })
    )

    const send = Effect.fnUntraced(function* (job: Job) {
      const request = HttpClientRequest.post("https://provider.test/v1/chat/completions")
      const item: Item = { job, made: 0 }
      items.set(request, item)
      for (;;) {
        const outcome = yield* Effect.match(http.execute(request), {
          onFailure: (): Outcome => ({ _tag: "Failed" }),
          onSuccess: judge
        })
        if (ends(job, item.made, outcome)) return
        yield* Effect.sleep(pauseAfter(outcome, item.made, random.nextDoubleUnsafe()))
      }
    })

    const worker = Effect.gen(function* () {
      for (let job = wire.next(); job !== undefined; job = wire.next()) yield* send(job)
    })
    yield* Effect.all(
      Array.from({ length: places(known) }, () => worker),
      {
        concurrency: "unbounded",
        discard: true
      }
    )
  })
}
