import { assert, describe, it } from "@effect/vitest"
import * as GoDuration from "spillway/transport/GoDuration"

describe("GoDuration", () => {
  const valid: ReadonlyArray<readonly [string, number]> = [
    ["1s", 1_000],
    ["6m0s", 360_000],
    ["120ms", 120],
    ["8.64s", 8_640],
    ["1h2m3s", 3_723_000],
    ["1m2.5s", 62_500],
    ["250us", 0.25],
    ["250\u00b5s", 0.25],
    ["0s", 0],
    ["0", 0]
  ]
  for (const [text, millis] of valid) {
    it(`reads ${text}`, () => assert.closeTo(GoDuration.parse(text) ?? Number.NaN, millis, 1e-9))
  }

  for (const text of [
    "",
    "-1s",
    "+1s",
    "1",
    "1.5",
    "s",
    "1 s",
    "1s ",
    "1d",
    "1.2.3s",
    "NaN",
    "1e3s"
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.isUndefined(GoDuration.parse(text)))
  }

  it("bounds what is absurdly long, and gives up on endless text", () => {
    assert.strictEqual(GoDuration.parse("99999999999h"), GoDuration.MAX_MILLIS)
    assert.isUndefined(GoDuration.parse("1s".repeat(1_000_000)))
  })
})
