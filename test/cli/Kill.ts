/**
 * Kills a benchmark with -9 at random moments, then lets it finish, and counts what was paid twice. For the test
 * (`Kill.test.ts`) and by hand with more kills (`test/bench/kill/main.ts`).
 */
import { Effect, Random } from "effect"
import * as Cli from "./Cli.ts"
import * as Endings from "./Endings.ts"
import * as Provider from "./Provider.ts"

export interface Options {
  readonly kills: number
  readonly concurrency: number
  /** Factor on the provider's delays. */
  readonly latency: number
}

export interface Outcome {
  readonly report: Endings.Report
  /** Items by how often an answer of theirs was written down: 1 for each. */
  readonly timesAnswered: ReadonlyArray<number>
  /** Billed answers beyond the first of each item. */
  readonly paidAgain: number
  readonly contents: number
  /** Attempts that all kills together left open, as the store settled them. */
  readonly openAtKills: number
  /** Those of the last kill. */
  readonly openAtLastKill: number
}

const ITEMS = 240

export const kill = Effect.fnUntraced(function* ({ kills, concurrency, latency }: Options) {
  const cwd = yield* Cli.folder
  const provider = yield* Provider.start(["--benchmark", Cli.gsm8k, "--latency", String(latency)])
  const options = { cwd, env: provider.env }
  const args = ["bench", Cli.gsm8k, ...provider.args, "--store", "s.sqlite"]
  const all = [...args, "--concurrency", String(concurrency), "--json", "report.json"]
  let settled = 0
  for (let n = 1; n <= kills; n++) {
    const running = yield* Cli.start(all, options)
    // Far enough to have something to lose, not so far that nothing is left for the next one.
    const { billed } = yield* provider.stats
    const room = Math.max(2, Math.floor((ITEMS - billed) / (kills - n + 2)))
    yield* provider.billed(billed + (yield* Random.nextIntBetween(1, room)))
    yield* Effect.sleep(yield* Random.nextIntBetween(0, 100))
    yield* running.kill("SIGKILL")
    yield* running.end
    if (n === kills) settled = (yield* Endings.logOf(`${cwd}/s.sqlite`, "gsm8k")).unknown
  }
  const end = yield* Cli.cli(all, options)
  if (end.code !== 0) return yield* Effect.die(new Error(`It ended with ${end.code}: ${end.err}`))
  const stats = yield* provider.stats
  const { answers, unknown } = yield* Endings.logOf(`${cwd}/s.sqlite`, "gsm8k")
  const outcome: Outcome = {
    report: Cli.readJson<Endings.Report>(`${cwd}/report.json`),
    timesAnswered: [...answers.values()],
    paidAgain: Endings.paidAgain(stats),
    contents: stats.contents,
    openAtKills: unknown,
    openAtLastKill: unknown - settled
  }
  return outcome
}, Effect.scoped)
