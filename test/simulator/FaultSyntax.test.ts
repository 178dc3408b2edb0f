import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { parse } from "spillway/simulator/FaultSyntax"
import { type Faults, none } from "spillway/simulator/Faults"

const read = (text: string): Faults => Result.getOrThrow(parse(text))
const problem = (text: string): string => {
  const result = parse(text)
  return Result.isFailure(result) ? result.failure.message : "no failure"
}

describe("the text of faults", () => {
  it("may be empty", () => assert.deepStrictEqual(read(" "), none))

  it("reads rates as percentages or shares, with and without a window", () => {
    assert.deepStrictEqual(read("hang=0.5%, html=0.01@30s..2m").rates, [
      { kind: "hang", rate: 0.005, during: undefined },
      { kind: "html", rate: 0.01, during: { from: 30_000, to: 120_000 } }
    ])
  })

  it("divides a common name among the faults that it stands for", () => {
    assert.deepStrictEqual(
      read("5xx=2%,drop=1%").rates.map(({ kind, rate }) => [kind, rate]),
      [
        ["500", 0.01],
        ["503", 0.01],
        ["drop_before", 0.005],
        ["drop_after", 0.005]
      ]
    )
  })

  it("reads outages, bounds and the ramp rule", () => {
    const faults = read("outage=30s..45s,outage_hang=1m..90s,billing@500,invalid_key@$2.50,ramp")
    assert.deepStrictEqual(faults, {
      rates: [],
      outages: [
        { during: { from: 30_000, to: 45_000 }, as: "503" },
        { during: { from: 60_000, to: 90_000 }, as: "hang" }
      ],
      billing: { _tag: "Requests", after: 500 },
      invalidKey: { _tag: "Cost", usd: 2.5 },
      ramp: true
    })
    assert.deepStrictEqual(read("billing@1.5m").billing, { _tag: "Time", atMs: 90_000 })
  })

  it("names the entry that is wrong and lists the names that exist", () => {
    const message = problem("5xx=2%,explode=3%")
    assert.include(message, 'at "explode=3%"')
    assert.include(message, "drop_before")
    assert.include(message, "billing")
  })

  it.each([
    ["5xx", "a value is missing"],
    ["5xx=two", '"two" is no share'],
    ["5xx=120%", "at most 100%"],
    ["5xx=-1%", "is no share"],
    ["outage=30s", "is no window"],
    ["outage=30..45", '"30" is no duration'],
    ["outage=45s..30s", "ends before it begins"],
    ["hang=1%@45s", "is no window"],
    ["billing=500", "write it as billing@500"],
    ["billing@soon", '"soon" is no bound'],
    ["ramp=1", "takes no value"],
    ["=5%", "no fault has this name"]
  ])("refuses %s", (text, part) => assert.include(problem(text), part))
})
