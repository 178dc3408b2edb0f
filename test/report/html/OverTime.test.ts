/** What a run did over its running time, from the looks in its log. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Vitals } from "spillway/checkpoint/RunRecord"
import { html, nothing } from "spillway/report/html/Html"
import * as OverTime from "spillway/report/html/OverTime"
import type { Plot } from "spillway/report/html/Plots"
import * as TimeSections from "spillway/report/html/TimeSections"

const START = 1_800_000_000_000

const look = (seconds: number, more: Partial<Vitals> = {}): Vitals => ({
  _tag: "Vitals",
  start: START,
  at: START + seconds * 1000,
  answered: 0,
  noAnswer: 0,
  failed: 0,
  fromStore: 0,
  sent: 0,
  retries: 0,
  rateLimited: 0,
  spent: 0,
  ...more
})

/** What the moments say together, weighted by their length. */
const total = (start: OverTime.Start, of: (moment: OverTime.Moment) => number): number =>
  start.moments.reduce((sum, moment) => sum + of(moment), 0) *
  (start.seconds / start.moments.length)

describe("a run over time", () => {
  it("counts every answer once, however unevenly it was looked at", () => {
    const [start] = OverTime.make([
      look(0),
      look(0.3, { answered: 40 }),
      look(7, { answered: 55, noAnswer: 3, retries: 2 }),
      look(60, { answered: 400, noAnswer: 9, failed: 1, retries: 12, rateLimited: 5 })
    ])
    if (start === undefined) return assert.fail("there is one start")
    assert.closeTo(
      total(start, ({ answers }) => answers),
      410,
      1e-6
    )
    assert.closeTo(
      total(start, ({ retries }) => retries),
      12,
      1e-6
    )
    assert.closeTo(
      total(start, ({ rateLimited }) => rateLimited),
      5,
      1e-6
    )
    assert.strictEqual(start.seconds, 60)
  })

  it("leaves out what came from the store", () => {
    const [start] = OverTime.make([look(0), look(10, { answered: 100, fromStore: 80 })])
    assert.closeTo(start?.moments[0]?.answers ?? 0, 2, 1e-9)
  })

  it("puts starts behind each other, without the time between them", () => {
    const second = { start: START + 3_600_000 }
    const starts = OverTime.make([
      look(0),
      look(30, { answered: 60 }),
      look(3600, second),
      look(3610, { ...second, answered: 50 })
    ])
    assert.deepStrictEqual(
      starts.map(({ from, seconds }) => [from, seconds]),
      [
        [0, 30],
        [30, 10]
      ]
    )
    assert.closeTo(starts[0]?.moments.at(-1)?.answers ?? 0, 2, 1e-9)
    assert.closeTo(starts[1]?.moments[0]?.answers ?? 0, 5, 1e-9)
    assert.isTrue(starts[1]?.moments.every(({ at }) => at > 30 && at < 40))
  })

  it("has gauges only where the run could see them", () => {
    const [blind] = OverTime.make([look(0), look(10)])
    assert.isNull(blind?.moments[0]?.inFlight)
    const [seeing] = OverTime.make([
      look(0, { inFlight: 0, quotaShare: 0 }),
      look(10, { inFlight: 10, quotaShare: 0.5 })
    ])
    assert.closeTo(seeing?.moments.at(-1)?.inFlight ?? 0, 10, 0.3)
    assert.closeTo(seeing?.moments.at(-1)?.quotaShare ?? 0, 0.5, 0.02)
  })

  it("takes a start that was killed at once, and a run without any", () => {
    assert.deepStrictEqual(OverTime.make([]), [])
    assert.deepStrictEqual(OverTime.make([look(0)])[0]?.moments, [])
  })
})

describe("the section of a run over time", () => {
  it.effect("draws what there was to see, and says what there was not", () =>
    Effect.gen(function* () {
      const drawn: Array<string | undefined> = []
      const draw = (plot: Plot) =>
        Effect.sync(() => {
          drawn.push(plot.title)
          return nothing
        })
      const gauges = { inFlight: 0, quotaShare: 0 }
      const batches = { open: 1, lines: 80, done: 40 }
      const starts = OverTime.make([
        look(0, gauges),
        look(5, { ...gauges, batches }),
        look(10, { ...gauges, answered: 80 })
      ])
      const [section] = yield* TimeSections.overTime(starts, draw)
      assert.deepStrictEqual(drawn, ["Answers a second", "Lines with the Batch API"])
      assert.include(
        String(html`${section?.body}`),
        "At 0 all the time: requests in flight, quota in use, retries and 429s a second."
      )
      assert.deepStrictEqual(yield* TimeSections.overTime([], draw), [])
    })
  )
})
