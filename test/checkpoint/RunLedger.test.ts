import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as RunLedger from "spillway/checkpoint/RunLedger"
import type { RunRecord } from "spillway/checkpoint/RunRecord"
import {
  answered,
  delivered,
  failed,
  intent,
  key,
  oneOfEach,
  released
} from "./fixtures/records.ts"

const fold = (records: ReadonlyArray<RunRecord>, spentBefore?: number) => {
  const ledger = RunLedger.make(spentBefore)
  for (const [seq, record] of records.entries()) {
    const entry = RunLedger.entry(record)
    if (entry !== undefined) ledger.apply(entry, seq)
  }
  return ledger
}

describe("a run's ledger", () => {
  it("adds what answers and released attempts cost to what was spent before", () => {
    const ledger = fold([intent(1), released(1, { spent: 3 }), answered(2, { cost: 10 })], 100)
    assert.strictEqual(ledger.spent(), 113)
    assert.deepStrictEqual(ledger.open(), [])
  })

  it("moves by intents and their ends only", () => {
    assert.deepStrictEqual(
      oneOfEach.filter((record) => RunLedger.entry(record) !== undefined).map(({ _tag }) => _tag),
      ["Intent", "Released", "Intent", "Answered"]
    )
    assert.strictEqual(fold([failed(1), delivered("x", 1)]).spent(), 0)
  })

  it("keeps an attempt open until its own number ends", () => {
    const ledger = fold([intent(1), intent(1, { attempt: 1 }), answered(1, { attempt: 1 })])
    assert.deepStrictEqual(ledger.open(), [{ key: key(1), attempt: 0, reserved: 50 }])
    assert.strictEqual(ledger.oldestOpen(), 0)
  })

  it("opens an attempt again when a later invocation begins at 0 anew", () => {
    const ledger = fold([intent(1), released(1, { spent: 50, unknown: true }), intent(1)])
    assert.strictEqual(ledger.open().length, 1)
    assert.strictEqual(ledger.oldestOpen(), 2)
  })

  it("counts two equal requests under way as two, and closes the newer one first", () => {
    const twice = [intent(1, { reserved: 5 }), intent(2), intent(1, { reserved: 7 })]
    assert.strictEqual(fold(twice).open().length, 3)
    const ledger = fold([...twice, answered(1)])
    assert.deepStrictEqual(
      ledger.open().map(({ reserved }) => reserved),
      [5, 50]
    )
    assert.strictEqual(ledger.oldestOpen(), 0)
  })

  it("settles what is open at its worst case, in the order of sending, after which nothing is open", () => {
    const log = [intent(1, { reserved: 5 }), intent(2, { reserved: 7 }), answered(3, { cost: 1 })]
    const settlement = RunLedger.settlement(fold(log))
    assert.deepStrictEqual(settlement, [
      released(1, { spent: 5, unknown: true }),
      released(2, { spent: 7, unknown: true })
    ])
    const settled = fold([...log, ...settlement])
    assert.strictEqual(settled.spent(), 13)
    assert.deepStrictEqual(RunLedger.settlement(settled), [])
  })

  const Step = Schema.Struct({
    item: Schema.Literals([1, 2, 3]),
    attempt: Schema.Literals([0, 1]),
    ends: Schema.Boolean
  })

  it.effect.prop(
    "is the same for what is open when the fold begins at the oldest open attempt",
    [Schema.Array(Step)],
    ([steps]) =>
      Effect.sync(() => {
        const log = steps.map(({ item, attempt, ends }) =>
          ends ? released(item, { attempt, spent: 1 }) : intent(item, { attempt })
        )
        const whole = fold(log)
        const from = whole.oldestOpen() ?? log.length
        const rest = RunLedger.make()
        for (const [seq, record] of log.entries()) {
          const entry = RunLedger.entry(record)
          if (entry !== undefined && seq >= from) rest.apply(entry, seq)
        }
        assert.deepStrictEqual(rest.open(), whole.open())
      }),
    { arbitrary: { runs: 1000 } }
  )
})
