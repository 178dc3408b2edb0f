import { assert, describe, it } from "@effect/vitest"
import { RetryBudget } from "spillway/rate-limit/RetryBudget"

describe("the retry budget", () => {
  it("lets ten retries go ahead in ten seconds when nothing else is sent", () => {
    const budget = new RetryBudget()
    let ahead = 0
    for (; budget.allows(0) && ahead < 100; ahead++) budget.count(true, 0)
    // They are sends themselves: a fifth of them counts on top.
    assert.strictEqual(ahead, 12)
    assert.strictEqual(budget.spent, 12)
  })

  it("lets one in five go ahead beside that", () => {
    const budget = new RetryBudget()
    for (let n = 0; n < 1000; n++) budget.count(false, 0)
    let ahead = 0
    for (; budget.allows(0) && ahead < 1000; ahead++) budget.count(true, 0)
    assert.strictEqual(ahead, 262)
  })

  it("holds in every ten seconds, however retries and fresh work mix", () => {
    const budget = new RetryBudget()
    const sends: Array<{ readonly at: number; readonly ahead: boolean }> = []
    let state = 7
    for (let now = 0; now < 120_000; now += 10) {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31
      const ahead = state % 2 === 0 && budget.allows(now)
      if (!ahead && state % 3 === 0) continue
      budget.count(ahead, now)
      sends.push({ at: now, ahead })
    }
    for (let from = 0; from <= 110_000; from += 250) {
      const window = sends.filter(({ at }) => at >= from && at < from + 9_500)
      const retries = window.filter(({ ahead }) => ahead).length
      const before = sends.filter(({ at }) => at >= from - 500 && at < from + 9_500).length
      assert.isAtMost(retries, 0.2 * before + 10 + 1)
    }
    assert.isAbove(budget.spent, 100)
  })

  it("forgets after ten seconds", () => {
    const budget = new RetryBudget()
    while (budget.allows(0)) budget.count(true, 0)
    assert.isFalse(budget.allows(9_000))
    assert.isTrue(budget.allows(10_500))
  })
})
