/** `spillway simulate` as a process of its own: it outlives the clients that a test kills, and tells what it billed. */

import { assert } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import * as Cli from "./Cli.ts"

export interface Stats {
  readonly requests: number
  readonly admitted: number
  /** Answers that were generated and charged. */
  readonly billed: number
  readonly contents: number
  readonly contentsBilledAgain: number
  readonly billedContents: Readonly<Record<string, number>>
}

export interface Provider {
  readonly url: string
  readonly port: string
  readonly stats: Effect.Effect<Stats>
  /** Waits until so many answers have been billed. */
  readonly billed: (count: number) => Effect.Effect<Stats>
  /** Waits until so many requests have arrived. */
  readonly received: (count: number) => Effect.Effect<Stats>
  /** Ends it and frees the port. */
  readonly stop: Effect.Effect<void>
  /** Flags and environment for a client of it. */
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
}

/** @param onPort the port of an earlier one that has ended; any that is free without it */
export const start = Effect.fnUntraced(function* (args: ReadonlyArray<string>, onPort = "0") {
  const running = yield* Cli.start(["simulate", "--port", onPort, ...args])
  const [, url = "", port = ""] = yield* running.says(/ on (http:\/\/127\.0\.0\.1:(\d+)\/v1)/)
  const stats = Effect.promise(async (): Promise<Stats> => {
    const response = await fetch(`http://127.0.0.1:${port}/_spillway/stats?contents=1`)
    return response.json() as Promise<Stats>
  })
  const until = (reached: (stats: Stats) => boolean) =>
    Effect.repeat(stats, { schedule: Schedule.spaced("10 millis"), until: reached })
  const provider: Provider = {
    url,
    port,
    stats,
    billed: (count) => until(({ billed }) => billed >= count),
    received: (count) => until(({ requests }) => requests >= count),
    stop: Effect.gen(function* () {
      yield* running.kill("SIGTERM")
      assert.strictEqual((yield* running.end).code, 130)
    }),
    args: ["--base-url", url],
    env: { OPENAI_API_KEY: "sk-simulated" }
  }
  return provider
})
