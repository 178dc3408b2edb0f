/**
 * G7: the models of the breaker and of the limiter, played with a million generated commands and latencies up to 600 s.
 * They are tests like all others (`test/circuit-breaker/BreakerModel.test.ts`, `test/rate-limit/LimiterModel.test.ts`),
 * where fewer commands are played; here they get the full number, one line for each seed.
 *
 * `npm run -s bench:admission -- --scenario G7 --seeds 1-3 --json`; `--commands N` (default 1000000).
 */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { seedsOf, whole } from "./Arguments.ts"

const ROOT = join(import.meta.dirname, "../../..")
const MODELS = ["test/circuit-breaker/BreakerModel.test.ts", "test/rate-limit/LimiterModel.test.ts"]

const play = (seed: number, commands: number) => {
  const startedAt = performance.now()
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs")
  const { status, stdout } = spawnSync(
    process.execPath,
    [vitest, "run", "--config", "test/vitest.config.ts", "--testTimeout", "3600000", ...MODELS],
    {
      cwd: ROOT,
      encoding: "utf8",
      env: {
        ...process.env,
        SPILLWAY_MODEL_COMMANDS: String(commands),
        SPILLWAY_MODEL_SEED: String(seed)
      }
    }
  )
  const wallSeconds = Number(((performance.now() - startedAt) / 1_000).toFixed(1))
  return { said: stdout, line: { scenario: "G7", seed, commands, wallSeconds, pass: status === 0 } }
}

export const main = async (
  args: { readonly json: boolean } & Readonly<Record<string, unknown>>
): Promise<void> => {
  const commands = whole("commands", String(args.commands ?? 1_000_000))
  for (const seed of seedsOf(String(args.seeds ?? 1))) {
    const { line, said } = play(seed, commands)
    if (!line.pass) console.error(said)
    console.log(args.json ? JSON.stringify(line) : line)
  }
}
