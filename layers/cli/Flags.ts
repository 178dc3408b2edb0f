/** Flags that several commands share. Precedence: flag, then environment, then `.env`, then default. */
import { Effect, Option, Schema } from "effect"
import { CliError, Flag } from "effect/cli"
import { tierNames } from "../../src/simulator/Limits.ts"
import * as Deadline from "./Deadline.ts"

const positive = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))

export const DEFAULT_STORE = ".spillway/runs.sqlite"

/** The environment's, or that of the `.env` file. */
const usualStore = Effect.promise(() => import("./UsualStore.ts")).pipe(
  Effect.flatMap(({ read }) => read),
  Effect.mapError((error) => new CliError.UserError({ cause: error, userMessage: error.message }))
)

export const store = Flag.String("store").pipe(
  Flag.withDescription(
    `SQLite file or postgres URL that keeps answers and runs (default SPILLWAY_STORE, else ${DEFAULT_STORE})`
  ),
  Flag.withMetavar("STORE"),
  Flag.optional,
  Flag.mapEffect(
    Option.match({
      onSome: (given) => Effect.succeed(given),
      onNone: () => Effect.map(usualStore, (usual) => usual ?? DEFAULT_STORE)
    })
  )
)

export const runName = Flag.String("run").pipe(
  Flag.withDescription("Name of the run; the same name goes on with the same run"),
  Flag.withMetavar("NAME"),
  Flag.optional
)

export const offline = Flag.Boolean("offline").pipe(
  Flag.withDescription(
    "Answer from a simulated OpenAI on this machine; needs no key and costs nothing"
  ),
  Flag.optional
)

export const baseUrl = Flag.String("base-url").pipe(
  Flag.withDescription("API to call instead of OPENAI_BASE_URL"),
  Flag.withMetavar("URL"),
  Flag.optional
)

export const concurrency = Flag.Int("concurrency").pipe(
  Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 }))),
  Flag.withDescription("Most requests in flight at once (default 256)"),
  Flag.withMetavar("N"),
  Flag.optional
)

export const redis = Flag.String("redis").pipe(
  Flag.withDescription(
    "Redis through which all processes share one quota, instead of SPILLWAY_REDIS_URL"
  ),
  Flag.withMetavar("URL"),
  Flag.optional
)

export const maxCost = Flag.Finite("max-cost").pipe(
  Flag.withSchema(Schema.Finite.check(Schema.isGreaterThan(0))),
  Flag.withDescription("Most that all starts of this run together may spend, in USD"),
  Flag.withMetavar("USD"),
  Flag.optional
)

/** `1%` or `0.01`: a share of all items. */
const Share = Schema.String.check(
  Schema.isPattern(/^(100(\.0+)?%|\d{1,2}(\.\d+)?%|0?\.\d+|0|1(\.0+)?)$/, {
    message: "Expected a share such as 1% or 0.01, at most 100%"
  })
)

export const maxFailed = Flag.String("max-failed").pipe(
  Flag.withSchema(Share),
  Flag.map((text) => (text.endsWith("%") ? Number(text.slice(0, -1)) / 100 : Number(text))),
  Flag.withDescription("End with 1 where more than this share of the items failed (default 100%)"),
  Flag.withMetavar("SHARE"),
  Flag.optional
)

export const fresh = Flag.Boolean("fresh").pipe(
  Flag.withDescription("Start the run over, reusing no stored answer"),
  Flag.withDefault(false)
)

export const retryFailed = Flag.Boolean("retry-failed").pipe(
  Flag.withDescription("Try the items again that failed in an earlier start"),
  Flag.withDefault(false)
)

export const dedupe = Flag.Boolean("dedupe").pipe(
  Flag.withDescription("Send identical requests once and share the answer; repeats stay apart"),
  Flag.optional
)

export const promptCaching = Flag.Boolean("prompt-caching").pipe(
  Flag.withDescription(
    "Send requests that begin alike together, so that prompt caching serves them"
  ),
  Flag.optional
)

export const jsonFile = Flag.String("json").pipe(
  Flag.withDescription("Write the report as JSON to this file; - for standard output"),
  Flag.withMetavar("FILE"),
  Flag.optional
)

export const quiet = Flag.Boolean("quiet").pipe(
  Flag.withAlias("q"),
  Flag.withDescription("No progress and no report on the terminal"),
  Flag.withDefault(false)
)

export const limit = Flag.Int("limit").pipe(
  Flag.withSchema(positive),
  Flag.withDescription("Only the first N items"),
  Flag.withMetavar("N"),
  Flag.optional
)

export const skipInvalid = Flag.Boolean("skip-invalid").pipe(
  Flag.withDescription(
    "Pass over items that do not fit the benchmark's schema; the report says how many and which"
  ),
  Flag.optional
)

export const data = Flag.String("data").pipe(
  Flag.withDescription(
    "Dataset file in place of the benchmark's own (.jsonl, .csv, .json, each also .gz)"
  ),
  Flag.withMetavar("FILE"),
  Flag.optional
)

export const minScore = Flag.Finite("min-score").pipe(
  Flag.withSchema(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  Flag.withDescription("End with 1 where the score of any arm is below this, 0 to 1"),
  Flag.withMetavar("SCORE"),
  Flag.optional
)

/** The simulated provider, for `--offline` and `simulate`. */
export const seed = Flag.Int("seed").pipe(
  Flag.withSchema(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
  Flag.withDescription("Seed of the simulated provider (default 1)"),
  Flag.withMetavar("N"),
  Flag.optional
)

export const tier = Flag.Literals("tier", tierNames).pipe(
  Flag.withDescription("Usage tier whose limits the simulated provider enforces (default 2)"),
  Flag.optional
)

export const faults = Flag.String("faults").pipe(
  Flag.withDescription('Faults of the simulated provider, as "5xx=2%,drop=1%,outage=30s..45s"'),
  Flag.withMetavar("LIST"),
  Flag.optional
)

export const catalog = Flag.String("catalog").pipe(
  Flag.withDescription("JSON file of models and prices that override or extend the built-in ones"),
  Flag.withMetavar("FILE"),
  Flag.optional
)

export const mode = Flag.Literals("mode", ["online", "batch", "hybrid"]).pipe(
  Flag.withDescription(
    "In real time (default), by the Batch API at half the price within a day, or whichever keeps the deadline for less"
  ),
  Flag.optional
)

export const deadline = Flag.String("deadline").pipe(
  Flag.filterMap(Deadline.parse, () => Deadline.EXPECTED),
  Flag.withDescription("By when all is to be done, for --mode hybrid: 2h, or 2026-11-23T08:00Z"),
  Flag.withMetavar("WHEN"),
  Flag.optional
)

export const detach = Flag.Boolean("detach").pipe(
  Flag.withDescription(
    "Submit batches, then end with 0 instead of waiting; the same run again collects the answers"
  ),
  Flag.withDefault(false)
)

export const whenStopped = Flag.Literals("when-stopped", ["detach", "cancel"]).pipe(
  Flag.withDescription(
    "What becomes of batches where the run is stopped: they go on (detach, default), or are cancelled"
  ),
  Flag.optional
)

export const plan = Flag.Boolean("plan").pipe(
  Flag.withDescription(
    "Send nothing: print requests, tokens, what would go where, when it would end, and its cost"
  ),
  Flag.withDefault(false)
)

/** Who answers: shared by all commands that send requests. */
export const provider = { offline, baseUrl, concurrency, redis, catalog, seed, tier, faults }

/** How a run goes and ends: shared by all commands that run one. */
export const run = {
  run: runName,
  store,
  maxCost,
  maxFailed,
  fresh,
  retryFailed,
  dedupe,
  promptCaching,
  mode,
  deadline,
  detach,
  whenStopped,
  plan,
  json: jsonFile,
  quiet
}
