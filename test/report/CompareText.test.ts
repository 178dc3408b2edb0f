import { assert, describe, it } from "@effect/vitest"
import { sentence } from "spillway/report/CompareText"
import { comparison } from "./report.ts"

describe("a comparison in words", () => {
  it("says which is better, by how much, how sure, and whether that may be chance", () => {
    assert.strictEqual(
      sentence(comparison),
      "gpt-4.1-mini is better than gpt-6-luna by 3.1 points (95% interval 0.4 to 5.8) on 1,319 items; " +
        "p 0.020, corrected 0.061: may be chance. Only gpt-4.1-mini was right on 90, only gpt-6-luna on 49, " +
        "both on 1,070, neither on 110."
    )
    assert.include(sentence({ ...comparison, pHolm: 0.0204 }), "; p 0.020: unlikely to be chance.")
  })

  it("turns it round where the first one is better", () => {
    const text = sentence({
      ...comparison,
      difference: -0.0311,
      ci95: [-0.0582, 0.0041],
      bootstrapCi95: null
    })
    assert.match(
      text,
      /^gpt-6-luna is better than gpt-4.1-mini by 3.1 points \(95% interval -0.4 to 5.8\)/
    )
    assert.include(text, "Only gpt-6-luna was right on 49, only gpt-4.1-mini on 90")
  })

  it("says where they are equal, and where there is nothing to tell", () => {
    const equal = {
      ...comparison,
      difference: 0,
      ci95: [-0.09, 0.09],
      p: 1,
      pHolm: 1,
      table: null,
      bootstrapCi95: null
    } as const
    assert.strictEqual(
      sentence({ ...equal, items: 20 }),
      "gpt-6-luna and gpt-4.1-mini score the same on 20 items (95% interval -9.0 to 9.0 points); p 1.00: may be chance."
    )
    const single = {
      ...comparison,
      items: 1,
      ci95: null,
      bootstrapCi95: null,
      p: null,
      pHolm: null,
      table: null
    }
    assert.strictEqual(
      sentence(single),
      "gpt-4.1-mini is better than gpt-6-luna by 3.1 points on 1 item: too little to tell."
    )
    assert.strictEqual(
      sentence({ ...single, items: 0, difference: null }),
      "gpt-6-luna and gpt-4.1-mini have no scored item in common."
    )
  })

  it("says where the bootstrap sees it otherwise", () => {
    const text = sentence({ ...comparison, table: null, bootstrapCi95: [-0.001, 0.061] })
    assert.match(text, /The bootstrap's interval, -0\.1 to 6\.1, holds 0\.$/)
  })

  it("writes small p-values as bounds, and none as more than it is by rounding up", () => {
    const of = (p: number) => sentence({ ...comparison, p, pHolm: p })
    assert.include(of(0.00004), "p < 0.001: unlikely")
    assert.include(of(0.049), "p 0.049: unlikely")
    assert.include(of(0.3149), "p 0.31: may be")
  })

  it("lets nothing of a label reach the terminal", () => {
    const text = sentence({ ...comparison, a: "a\u001b[2J\n\u202eb" })
    assert.notMatch(text, /[\p{Cc}\p{Bidi_Control}]/u)
  })
})
