/** The tour cannot go stale: its settings, errors, sums and links are those of the code, and its program runs. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as CircuitBreakerConfig from "spillway/config/CircuitBreakerConfig"
import * as RateLimitConfig from "spillway/config/RateLimitConfig"
import * as RetryConfig from "spillway/config/RetryConfig"
import { RunStopped, type StopCause } from "spillway/error/RunStopped"
import { BucketMirror } from "spillway/rate-limit/BucketMirror"
import { RateLimiterError } from "spillway/rate-limit/RateLimiter"
import * as Markdown from "./Markdown.ts"
import { outputOf } from "./Program.ts"

const FILE = "examples/tour/admission.md"
const page = Markdown.read(FILE)

const shown = (value: unknown): string =>
  value === undefined ? "–" : Duration.isDuration(value) ? Duration.format(value) : String(value)

/** The table that follows a link to the settings' module. */
const settings = (module: string) =>
  Markdown.table(
    page.slice(page.indexOf(`[${module}](../../src/config/${module}.ts):`)),
    "field | default | touch it when"
  ).map(([field = "", value = ""]) => [field, value])

describe("the tour of admission", () => {
  it("links only to files and headings that exist", () => {
    assert.isAtLeast(Markdown.links(FILE).length, 20)
    assert.deepStrictEqual(Markdown.broken(FILE), [])
  })

  it("takes its code from a program beside it", () => {
    const blocks = Markdown.blocks(page, "ts")
    assert.isAtLeast(blocks.length, 1)
    const programs = Markdown.programs("examples/tour")
    for (const code of blocks)
      assert.isTrue(
        programs.some((program) => program.code.includes(code)),
        code
      )
  })

  it("names only scripts that package.json has", () => {
    const { named, unknown } = Markdown.scripts(page)
    assert.isAtLeast(named.length, 1)
    assert.deepStrictEqual(unknown, [])
  })

  it.each([
    ["RateLimitConfig", RateLimitConfig.defaults],
    ["RetryConfig", RetryConfig.defaults],
    ["CircuitBreakerConfig", CircuitBreakerConfig.defaults]
  ])("lists every field of %s with its default", (module, defaults) => {
    const fields = Object.entries(defaults).map(([field, value]) => [field, shown(value)])
    assert.sameDeepMembers(settings(module), fields)
  })

  it("lists every reason of the limiter to refuse", () => {
    const reasons = Markdown.table(page, "error | means | do").flatMap(
      ([error = ""]) => /^RateLimiterError (.*)$/.exec(error)?.[1] ?? []
    )
    assert.sameMembers(reasons, [...RateLimiterError.fields.reason.literals])
  })

  it("lists every cause of a stop with the exit code it gives", () => {
    const causes: Readonly<Record<StopCause, true>> = {
      billing: true,
      "invalid-key": true,
      "model-unavailable": true,
      budget: true,
      "hint-too-long": true,
      outage: true,
      "too-many-failures": true,
      store: true,
      sink: true,
      interrupted: true
    }
    assert.sameDeepMembers(
      Markdown.table(page, "`why` | exit code | do").map(([why, code]) => [why, code]),
      (Object.keys(causes) as Array<StopCause>).map((why) => [
        why,
        String(new RunStopped({ why, detail: "" }).exitCode)
      ])
    )
  })

  it.each([
    [400_000, 408_800],
    // Somebody else has taken 3 a millisecond for 5 s.
    [385_000, 387_800]
  ])("reckons as the mirror does, from a head that says %i", (told, level) => {
    const mirror = new BucketMirror(
      { ...RateLimitConfig.defaults, requestsPerMinute: 100_000, tokensPerMinute: 600_000 },
      0
    )
    const send = (tokens: number, now: number) => {
      mirror.take({ requests: 1, tokens }, now)
      return mirror.depart({ requests: 1, tokens }, now)
    }
    const hear = (remaining: number, mark: ReturnType<typeof send>, now: number) =>
      mirror.observe({ tokens: { limit: 600_000, remaining } }, mark, now)
    hear(500_000, send(100_000, 0), 500)
    hear(353_000, send(200_000, 5_000), 5_500)
    send(1_000, 9_900)
    send(1_000, 9_950)
    const mark = send(1_000, 10_000)
    for (let later = 1; later <= 8; later++) send(1_000, 10_000 + later * 200)
    hear(told, mark, 12_000)
    assert.include(page, told.toLocaleString("en"))
    assert.include(page, level.toLocaleString("en"))
    assert.approximately(mirror.tokensState(12_000).level ?? 0, level, 100)
  })

  it.live("shows a circuit that opens and closes, and what metrics say of it", () =>
    Effect.gen(function* () {
      const output = yield* outputOf("examples/tour/watch.ts")
      assert.include(output, "the circuit was closed and is open")
      assert.include(output, "the circuit was half-open and is closed")
      assert.include(output, "150 answered, 0 failed")
      assert.match(output, /spillway_circuit_transitions_total\{.*from="closed",to="open"\} 1/)
    })
  )
})
