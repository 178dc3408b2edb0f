/** What a model wrote, so that it can be seen and does nothing. */
import { assert, describe, it } from "@effect/vitest"
import { embedded } from "spillway/report/html/Page"
import { cut, oneLine, visible } from "spillway/report/html/VisibleText"

describe("visible text", () => {
  it("names characters that would be hidden, or turn the direction", () => {
    assert.strictEqual(visible("a\u202eb\u0000c\u001b[0m"), "a⟨U+202E⟩b⟨U+0000⟩c⟨U+001B⟩[0m")
    assert.strictEqual(visible("x\u2028y\u200bz\ufeff"), "x⟨U+2028⟩y⟨U+200B⟩z⟨U+FEFF⟩")
    assert.strictEqual(visible("\ud83d half, \udc00 half"), "⟨U+D83D⟩ half, ⟨U+DC00⟩ half")
  })

  it("leaves everything else as it is", () => {
    const text = "Zeile\n\tΣ مرحبا 你好 👩‍👩‍👧 <b>&amp;</b> “quoted” 1 000"
    assert.strictEqual(visible(text), text)
    assert.strictEqual(visible("a\r\nb"), "a\nb")
    assert.strictEqual(oneLine(" a \n b\t"), "a b")
  })

  it("is cut between characters, and says how much is missing", () => {
    assert.deepStrictEqual(cut("abcdef", 6), { text: "abcdef", left: 0 })
    assert.deepStrictEqual(cut("abcdef", 4), { text: "abcd", left: 2 })
    assert.deepStrictEqual(cut("ab👍cd", 3), { text: "ab", left: 4 })
    assert.deepStrictEqual(cut("ab👍cd", 4), { text: "ab👍", left: 2 })
  })

  it("is the same after it was embedded as JSON, and ends no element there", () => {
    const value = { text: '</script><!-- \u2028 \\ " & 👍' }
    const json = embedded(value).toString()
    assert.notMatch(json, /[<\u2028]/)
    assert.deepStrictEqual(JSON.parse(json), value)
  })
})
