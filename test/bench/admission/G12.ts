/**
 * G12: eight processes on one quota through one Redis, two of which are killed on the way; real clock, HTTP on this machine.
 * Each process is the whole stack (`g12/worker.ts`), and so is the simulated provider (`g12/provider.ts`). Marks: 429s at
 * most 0.5%, utilisation at least 95% (of the initial level and all that was refilled), leases recovered within their time.
 *
 * `npm run -s bench:admission -- --scenario G12 --json`; `--processes N` (default 8), `--seconds N` (default 60),
 * `--in-flight N` of each process (default 256), `--tokens N` a minute (default 240000), `--redis URL` (default redis://127.0.0.1:6379/12, a database of its own:
 * scripts that others run on the same server meanwhile count as well).
 */
import { type ChildProcess, fork } from "node:child_process"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { createClient } from "redis"
import * as Provider from "./g12/provider.ts"

const KILLED = 0.2
/** A process that is gone holds its lease no longer, and some time for the next call to notice. */
const RECOVERED_MS = 3_000 + 500

/** How long the leases of the dead are watched. */
const WATCHED_MS = 6_000
/** All processes are at work by then. */
const READY_MS = 60_000

const start = (file: string, args: ReadonlyArray<string> = []): ChildProcess =>
  fork(join(import.meta.dirname, "g12", file), [...args], { execArgv: ["-C", "spillway-source"] })

/** What the provider's process says next. */
const hear = <A>(child: ChildProcess): Promise<A> =>
  new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(message as A))
    child.once("exit", () => reject(new Error("The provider ended.")))
  })

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once("exit", () => resolve())
  })

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const round = (value: number, digits: number) => Number(value.toFixed(digits))

const whole = (given: unknown, otherwise: number): number => {
  const number = given === undefined ? otherwise : Number(given)
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`${String(given)} is no whole number from 1`)
  return number
}

type Arguments = { readonly json?: boolean } & Readonly<Record<string, unknown>>

const judge = async (provider: ChildProcess, args: Arguments) => {
  const processes = whole(args.processes, 8)
  const seconds = whole(args.seconds, 60)
  const inFlight = whole(args["in-flight"], 256)
  const tokens = whole(args.tokens, Provider.TOKENS)
  const url = typeof args.redis === "string" ? args.redis : "redis://127.0.0.1:6379/12"
  const redis = createClient({ url, socket: { reconnectStrategy: false } })
  redis.on("error", () => {})
  await redis.connect()
  const before = new Set(await redis.keys("spillway:*"))
  const own = async () => (await redis.keys("spillway:*")).filter((key) => !before.has(key))
  /** When each process was last seen to hold a lease; one that holds none is not in the list. */
  const seen = new Map<string, number>()
  const look = async () => {
    const key = (await own()).find((one) => one.endsWith(":processes"))
    for (const id of key === undefined ? [] : await redis.hKeys(key))
      seen.set(id, performance.now())
  }
  const scripts = async () =>
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1] ?? 0)
  const baseUrl = await hear<string>(provider)
  const children = Array.from({ length: processes }, (_, index) =>
    start("worker.ts", [baseUrl, url, String(index), String(inFlight)])
  )
  try {
    const deadline = performance.now() + READY_MS
    while (seen.size < processes) {
      if (performance.now() > deadline) throw new Error("The processes did not come up.")
      await look()
      await pause(20)
    }
    const started = performance.now()
    const scriptsBefore = await scripts()
    const cut = Math.ceil(processes * KILLED)
    await pause(seconds * 400)
    for (const child of children.slice(0, cut)) child.kill("SIGKILL")
    const killedAt = performance.now()
    while (performance.now() - killedAt < WATCHED_MS) {
      await look()
      await pause(20)
    }
    await pause(Math.max(0, seconds * 1_000 - (performance.now() - started)))
    provider.send("stats")
    const stats = await hear<Provider.Stats>(provider)
    await look()
    // The dead are those that were not seen again.
    const lasts = [...seen.values()]
      .map((at) => at - killedAt)
      .filter((ms) => ms < WATCHED_MS - 1_000)
    const leasesRecoveredMs = Math.max(0, ...lasts)
    const elapsed = (performance.now() - started) / 1_000
    const calls = (await scripts()) - scriptsBefore
    for (const child of children.slice(cut)) child.send("end")
    await Promise.all(children.map(ended))
    const [pool] = Object.values(stats.pools)
    if (pool === undefined) throw new Error("Nothing was sent.")
    const sent = pool.admittedRequests + pool.rateLimited
    const utilisation = pool.admittedTokens / (tokens + pool.refilledTokens)
    const keys = await own()
    const endless = []
    for (const key of keys) if ((await redis.pTTL(key)) < 0) endless.push(key)
    if (keys.length > 0) await redis.del(keys)
    return {
      scenario: "G12",
      processes,
      inFlight,
      tokensPerMinute: tokens,
      killed: cut,
      utilisation: round(utilisation, 4),
      sent,
      rateLimited: pool.rateLimited,
      rateLimitedShare: round(pool.rateLimited / sent, 5),
      leasesRecoveredMs: round(leasesRecoveredMs, 0),
      seconds: round(elapsed, 1),
      scriptsPerSecond: round(calls / elapsed, 1),
      roundTripsPerRequest: round(calls / sent, 3),
      keysWithoutEnd: endless.length,
      registeredAtEnd: keys.filter((key) => key.endsWith(":processes")).length,
      pass:
        pool.rateLimited <= 0.005 * sent &&
        utilisation >= 0.95 &&
        lasts.length >= cut &&
        leasesRecoveredMs <= RECOVERED_MS &&
        endless.length === 0
    }
  } finally {
    for (const child of children) child.kill("SIGKILL")
    redis.destroy()
  }
}

export const main = async (args: Arguments): Promise<void> => {
  const tokens = whole(args.tokens, Provider.TOKENS)
  const provider = start("provider.ts", [String(tokens)])
  const result = await judge(provider, args).finally(() => provider.kill("SIGKILL"))
  if (args.json === true) console.log(JSON.stringify(result))
  else console.table(result)
  if (!result.pass) process.exitCode = 1
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      processes: { type: "string" },
      seconds: { type: "string" },
      "in-flight": { type: "string" },
      tokens: { type: "string" },
      redis: { type: "string" }
    }
  })
  await main(values)
}
