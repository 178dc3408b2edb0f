/**
 * One benchmark twice with one seed: uninterrupted, and killed with -9 at random moments and then finished. Both reports
 * have to be equal but for what belongs to time and to the kills. For the test (`KillReport.test.ts`) and by hand
 * (`test/bench/kill-report/main.ts`).
 */
import { Effect, Random } from "effect"
import type { BenchmarkReport } from "spillway/report/BenchmarkReport"
import { differences } from "../report/Differences.ts"
import * as Cli from "./Cli.ts"
import * as Provider from "./Provider.ts"

export interface Options {
  readonly kills: number
  /** Of the simulated provider: decides every answer. */
  readonly seed: number
  readonly mode?: "online" | "batch" | "hybrid" | undefined
  /** Each process has a provider of its own (`--offline`), which is killed with it. Default: one that outlives them. */
  readonly offline?: boolean | undefined
  /** Another dataset for the benchmark. */
  readonly data?: string | undefined
  /** Only the first so many items. */
  readonly limit?: number | undefined
  /** Requests in flight. */
  readonly concurrency: number
  /** Factor on the provider's delays. */
  readonly latency: number
}

export interface Outcome {
  readonly whole: BenchmarkReport
  readonly resumed: BenchmarkReport
  /** Kills that hit a process at work. */
  readonly killed: number
  /** Billed answers beyond the first to each request; unknown where the provider was killed as well. */
  readonly paidAgain: number | undefined
  /** As `arms.0.wrong: 3 and 4`; empty for equal reports. */
  readonly differences: ReadonlyArray<string>
}

const TEMPERATURES = ["0", "0.7", "1"]
const REPEATS = 2

/** Roughly what a process needs until its first request, milliseconds. */
const START = 900
/** Room for some batches. */
const DEADLINE = "2m"
/**
 * Of batches, factor on their minutes: so slow that a kill finds them under way; and with a deadline, that some of their
 * lines are taken to real time.
 */
const PACE = { online: 0, batch: 0.01, hybrid: 0.06 }

const benchArgs = ({ concurrency, data, limit, mode = "online" }: Options) => [
  ...["bench", Cli.gsm8k, "--repeats", String(REPEATS), "--concurrency", String(concurrency)],
  ...TEMPERATURES.flatMap((each) => ["--temperature", each]),
  ...["--mode", mode, ...(mode === "hybrid" ? ["--deadline", DEADLINE] : [])],
  ...(data === undefined ? [] : ["--data", data]),
  ...(limit === undefined ? [] : ["--limit", String(limit)])
]

/** What answers, for one way of running it: flags, environment, and how much is done, where anybody can tell. */
interface Place {
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  readonly provider: Provider.Provider | undefined
}

/** Looks at batches as often as they change. */
const QUICK = { SPILLWAY_BATCH_MIN_POLL: "100ms", SPILLWAY_BATCH_MAX_POLL: "500ms" }

/** @param onPort of the other way's provider: the address is part of every request's key */
const placeOf = Effect.fnUntraced(function* (options: Options, onPort?: string) {
  const seed = ["--seed", String(options.seed)]
  if (options.offline === true) {
    return { args: ["--offline", ...seed], env: QUICK, provider: undefined }
  }
  const data = options.data === undefined ? [] : ["--data", options.data]
  const batches = String(PACE[options.mode ?? "online"])
  const pace = ["--latency", String(options.latency), "--batch-latency", batches]
  const flags = ["--benchmark", Cli.gsm8k, ...data, ...seed, ...pace, "--tier", "unlimited"]
  const provider = yield* Provider.start(flags, onPort)
  const limits = { SPILLWAY_RPM: "1000000", SPILLWAY_TPM: "1000000000" }
  return { args: provider.args, env: { ...provider.env, ...QUICK, ...limits }, provider }
})

const reportOf = (cwd: string) => Cli.readJson<BenchmarkReport>(`${cwd}/report.json`)

const command = ({ args, env }: Place, options: Options, cwd: string) => ({
  args: [...benchArgs(options), ...args, "--store", "s.sqlite", "--json", "report.json"],
  options: { cwd, env }
})

const finish = Effect.fnUntraced(function* (place: Place, options: Options, cwd: string) {
  const { args, options: given } = command(place, options, cwd)
  const end = yield* Cli.cli(args, given)
  if (end.code !== 0) return yield* Effect.die(new Error(`It ended with ${end.code}: ${end.err}`))
  return reportOf(cwd)
})

/** A moment in the midst of the work: of what the provider has billed, else of the time that the whole of it took. */
const moment = Effect.fnUntraced(function* (
  { provider }: Place,
  { kills, mode = "online" }: Options,
  n: number,
  whole: BenchmarkReport
) {
  if (provider === undefined || mode !== "online") {
    const share = (whole.elapsedSeconds * 1000) / (kills + 1)
    return yield* Effect.sleep(START + (yield* Random.nextIntBetween(0, Math.ceil(2 * share))))
  }
  // Far enough to have something to lose, not so far that nothing is left for the next one.
  const { billed } = yield* provider.stats
  const room = Math.max(2, Math.floor((whole.requests.items - billed) / (kills - n + 2)))
  yield* provider.billed(billed + (yield* Random.nextIntBetween(1, room)))
  yield* Effect.sleep(yield* Random.nextIntBetween(0, 100))
})

/** Kills it again and again, then lets it end. */
const broken = Effect.fnUntraced(function* (
  place: Place,
  options: Options,
  whole: BenchmarkReport
) {
  const cwd = yield* Cli.folder
  const { args, options: given } = command(place, options, cwd)
  let killed = 0
  for (let n = 1; n <= options.kills; n++) {
    const running = yield* Cli.start(args, given)
    yield* Effect.raceFirst(moment(place, options, n, whole), running.end)
    yield* running.kill("SIGKILL")
    if ((yield* running.end).signal === "SIGKILL") killed++
  }
  return { resumed: yield* finish(place, options, cwd), killed }
})

export const killReport = Effect.fnUntraced(function* (options: Options) {
  const first = yield* placeOf(options)
  const whole = yield* finish(first, options, yield* Cli.folder)
  if (first.provider !== undefined) yield* first.provider.stop
  const second = yield* placeOf(options, first.provider?.port)
  const { killed, resumed } = yield* broken(second, options, whole)
  const stats = second.provider === undefined ? undefined : yield* second.provider.stats
  const outcome: Outcome = {
    ...{ whole, resumed, killed },
    paidAgain: stats === undefined ? undefined : stats.billed - whole.requests.items,
    differences: differences(whole, resumed, { otherRoutes: options.mode === "hybrid" })
  }
  return outcome
}, Effect.scoped)
