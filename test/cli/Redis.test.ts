/** `--redis` as a user meets it. What needs a Redis at 127.0.0.1:6379 is skipped where there is none, except in CI. */
import * as fs from "node:fs"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { createClient } from "redis"
import * as Server from "../rate-limit/RedisServer.ts"
import * as Cli from "./Cli.ts"
import * as Provider from "./Provider.ts"
import { assertRefused } from "./refusals.ts"

/** A database of its own, where no other program shares the quota. */
const URL = `${Server.URL}/13`

/** Each is charged 16,000 of the 500,000 tokens a minute of tier 1. */
const requests = Array.from({ length: 17 }, (_, index) =>
  JSON.stringify({
    custom_id: String(index),
    method: "POST",
    url: "/v1/chat/completions",
    body: {
      model: "gpt-4o-mini",
      messages: [{ role: "user", content: `Review ${index}: was it good?` }],
      max_completion_tokens: 16_000
    }
  })
).join("\n")

const redis = Effect.acquireRelease(
  Effect.promise(async () => {
    const client = createClient({ url: URL })
    client.on("error", () => {})
    await client.connect()
    await client.flushDb()
    return client
  }),
  (client) => Effect.promise(() => client.flushDb().then(() => client.close()))
)

/** Processes that Redis knows of, at the most. */
const mostProcesses = (client: Effect.Success<typeof redis>) => {
  let most = 0
  const look = Effect.promise(async () => {
    for (const key of await client.keys("*:processes"))
      most = Math.max(most, await client.hLen(key))
  })
  return Effect.as(
    Effect.repeat(Effect.delay(look, "50 millis"), { until: () => most >= 2 }),
    undefined
  )
}

describe.skipIf(!Server.reachable)("with a Redis server", () => {
  Cli.test("two processes share one quota: more than one minute's worth, and no 429", () =>
    Effect.gen(function* () {
      const cwd = yield* Cli.folder
      fs.writeFileSync(`${cwd}/in.jsonl`, requests)
      const client = yield* redis
      const provider = yield* Provider.start(["--tier", "1"])
      // Two at once, each of a good half second: neither is done before the other one is there.
      const call = (name: string) => [
        ...`run in.jsonl --out ${name}.jsonl --store ${name}.sqlite --redis ${URL}`.split(" "),
        ...["--concurrency", "2"],
        ...provider.args
      ]
      const options = { cwd, env: provider.env }
      const one = yield* Cli.start(call("one"), options)
      const other = yield* Cli.start(call("other"), options)
      yield* mostProcesses(client)
      for (const { code, err } of [yield* one.end, yield* other.end]) {
        assert.strictEqual(code, 0, err)
        assert.notInclude(err, "Redis")
      }
      const stats = yield* provider.stats
      assert.deepInclude(stats, { billed: 34, requests: 34, admitted: 34 })
      assert.deepStrictEqual(yield* Effect.promise(() => client.keys("*:processes")), [])
    })
  )
})

const NOWHERE = "redis://127.0.0.1:1"
const bench = (flags: string) => `bench ${Cli.gsm8k} --offline --limit 3 --store s.sqlite${flags}`

Cli.test("starts where nothing listens, and says what share it goes on with", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const alone = yield* Cli.spillway(bench(` --fresh --json - --redis ${NOWHERE}`), { cwd })
    assert.strictEqual(alone.code, 0, alone.err)
    assert.deepInclude(JSON.parse(alone.out), { mode: "online" })
    assert.match(alone.err, /Redis does not answer .* counts alone.*SPILLWAY_REDIS_PROCESSES/)
    assert.lengthOf(alone.err.match(/WARN/g) ?? [], 1)
    const env = { SPILLWAY_REDIS_PROCESSES: "4" }
    const share = yield* Cli.spillway(bench(` --fresh --redis ${NOWHERE}`), { cwd, env })
    assert.strictEqual(share.code, 0, share.err)
    assert.match(share.err, /Redis does not answer .* one of 4 equal parts of the quota/)
  })
)

for (const [slip, url] of [
  ["a URL of another kind", "http://localhost:6379"],
  ["no URL at all", "localhost"],
  ["a URL without a host", "redis://"],
  ["a URL with a name for the database", "redis://user:sk-secret@localhost:6379/quota"]
] as const) {
  Cli.test(`refuses ${slip} for Redis`, () =>
    Effect.gen(function* () {
      const cwd = yield* Cli.folder
      const result = yield* Cli.spillway(bench(` --redis ${url}`), { cwd })
      assertRefused(result, 2, /SPILLWAY_REDIS_URL: .*Example: .*redis:\/\/localhost:6379/)
      assert.notInclude(result.err, "sk-secret")
    })
  )
}

Cli.test("refuses a number of processes that is none", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const env = { SPILLWAY_REDIS_PROCESSES: "0" }
    const result = yield* Cli.spillway(bench(""), { cwd, env })
    assertRefused(result, 2, /SPILLWAY_REDIS_PROCESSES: .*whole number, 1 to 10,000/)
  })
)
