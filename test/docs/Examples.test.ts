/** Every example runs offline, unedited, as a user would run it: in a process of its own. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { outputOf } from "./Program.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "spillway-examples-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** They run side by side: each waits most of its time for its provider. */
const test = <A, E>(name: string, self: () => Effect.Effect<A, E, Scope.Scope>): void =>
  it.live(name, self, { concurrent: true, timeout: 60_000 })

describe("the examples", () => {
  test("01 prints an answer and what it cost", () =>
    Effect.gen(function* () {
      const output = yield* outputOf("examples/01-one-request.ts")
      assert.match(output, /\S\n.*tokens in, \d+ out, \$0\.\d+, \d+ ms, 1 attempt, simulated\n$/)
    }))

  test("02 delivers every item, and sends nothing when it is started again", () =>
    Effect.gen(function* () {
      const place = yield* folder
      const first = yield* outputOf("examples/02-stream-to-sink.ts", place)
      assert.include(first, "200 requests sent: 200 answered")
      const again = yield* outputOf("examples/02-stream-to-sink.ts", place)
      assert.include(again, "0 requests sent: 0 answered")
      assert.include(again, "200 were delivered before")
      const rows = readFileSync(join(place, "verdicts.jsonl"), "utf8").trim().split("\n")
      const ids = rows.map((row) => (JSON.parse(row) as { readonly id: string }).id)
      assert.strictEqual(new Set(ids).size, 200)
      assert.strictEqual(ids.length, 200)
    }))

  test("03 ends with a score and its interval", () =>
    Effect.gen(function* () {
      const bench = ["layers/cli/bin.ts", "bench", "examples/03-gsm8k.ts", "--offline"]
      const output = yield* outputOf(...bench, "--limit", "20", "--store", ":memory:")
      assert.include(output, "SIMULATED")
      assert.match(output, /gpt-6-luna +\d+\.\d% +\d+\.\d–\d+\.\d%/)
      assert.include(output, "20 requests in")
    }))

  test("04 prints a headline", () =>
    Effect.gen(function* () {
      const output = yield* outputOf("examples/04-swapped-layer.ts")
      assert.match(output, /^\S.+\n$/)
    }))

  test("05 answers every item by batch, and submits nothing when it is started again", () =>
    Effect.gen(function* () {
      const place = yield* folder
      const first = yield* outputOf("examples/05-batch.ts", place)
      assert.match(
        first,
        /500 requests submitted: 500 answered.* \$0\.\d+, and \$0\.\d+ saved\.\n$/
      )
      const again = yield* outputOf("examples/05-batch.ts", place)
      assert.include(again, "0 requests submitted")
      assert.include(again, "500 were delivered before")
    }))

  test("06 shares one quota between two programs, or says that there is no Redis", () =>
    Effect.gen(function* () {
      const output = yield* outputOf("examples/06-shared-quota.ts")
      assert.match(
        output,
        /^(?:Two programs, one quota: 116 answers|Skipped: no Redis answers at )/
      )
    }))

  test("07 says how many came by batch, how many in real time, and what that cost", () =>
    Effect.gen(function* () {
      const place = yield* folder
      const output = yield* outputOf("examples/07-deadline.ts", place)
      const [, batch, online] = /^(\d+) answers by batch and (\d+) in real time/.exec(output) ?? []
      assert.strictEqual(Number(batch) + Number(online), 1_000)
      assert.match(output, /\$0\.\d+: all in real time \$0\.\d+, all by batch \$0\.\d+\.\n$/)
    }))
})
