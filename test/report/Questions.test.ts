import { assert, describe, it } from "@effect/vitest"
import type { ItemRecord } from "spillway/checkpoint/ItemRecord"
import * as Questions from "spillway/report/compare/Questions"
import { item } from "./storedRuns.ts"

describe("a question in a list", () => {
  const asked = (text: string): ItemRecord =>
    item(0, [], { prompts: [{ variant: "", messages: [{ role: "user", text }] }] })

  it("is without the examples before it and the instruction behind it", () => {
    const frame = (question: string) =>
      asked(`Q: one and one?\nA: 2\n\nQ: ${question}\n\nAnswer with one number at the end.`)
    const items = ["two and three?", "two and four?", "nine?"].map(frame)
    const shown = Questions.learn(items, "luna", 40)
    assert.deepStrictEqual(items.map(shown), ["two and three?", "two and four?", "nine?"])
    assert.strictEqual(shown(asked("Another form")), "Another form")
  })

  it("keeps short beginnings, and is cut to its length as a copy of well-formed text", () => {
    const shown = Questions.learn(["What is 1?", "What is 2?"].map(asked), "luna", 20)
    assert.strictEqual(shown(asked("What is 1?")), "What is 1?")
    assert.strictEqual(shown(asked(`${"🙂".repeat(9)}a🙂🙂🙂`)), `${"🙂".repeat(9)}a…`)
    assert.strictEqual(
      Questions.learn([asked("only one")], "luna", 20)(asked("only one")),
      "only one"
    )
  })
})
