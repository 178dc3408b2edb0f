import { assert, describe, it } from "@effect/vitest"
import { oneLine, sanitize } from "spillway/report/PlainText"

describe("sanitized text", () => {
  const cases: ReadonlyArray<readonly [what: string, text: string, left: string]> = [
    ["plain text with line feeds and tabs", "a\n\tb – ü 漢 🙂", "a\n\tb – ü 漢 🙂"],
    ["colours", "\u001b[1;31mred\u001b[0m", "red"],
    ["cursor movements and erasing", "a\u001b[2J\u001b[H\u001b[?25lb", "ab"],
    ["one-byte control sequences", "a\u009b31mb", "ab"],
    ["titles and clipboard writes ended by BEL", "a\u001b]52;c;ZXZpbA==\u0007b", "ab"],
    ["links ended by ST", "\u001b]8;;https://evil.example\u001b\\click\u001b]8;;\u001b\\", "click"],
    ["device control strings", "a\u001bPq#0;2;0;0\u001b\\b", "ab"],
    ["one-byte strings", "a\u009d0;title\u009cb", "ab"],
    ["application commands and privacy messages", "\u001b_x\u001b\\a\u001b^y\u001b\\", "a"],
    ["a string that never ends: only its start goes", "a\u001b]0;rest", "a0;rest"],
    ["charset and reset escapes", "\u001bc\u001b(0a\u001b#8", "a"],
    ["a lone escape at the end", "a\u001b", "a"],
    ["carriage returns, backspaces, bells and deletes", "safe\r\u0008\u0007\u007f!", "safe!"],
    ["line ends of Windows", "a\r\nb", "a\nb"],
    ["marks of direction", "\u202eabc\u2066d\u200f\u061c", "abcd"],
    ["half a surrogate pair", "a\ud83d", "a\ufffd"],
    ["sequences put together by removing another", "\u001b\u001b[0m[31mx", "[31mx"]
  ]
  for (const [what, text, left] of cases) {
    it(`handles ${what}`, () => {
      assert.strictEqual(sanitize(text), left)
    })
  }

  it("never holds a control character, whatever goes in", () => {
    let seed = 7
    const alphabet = "\u001b\u009b\u009d\u0090\u009c\u0007[]PX^_\\;0m?a \n\u202e"
    for (let round = 0; round < 2_000; round++) {
      let text = ""
      for (let i = 0; i < 12; i++) {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
        text += alphabet[seed % alphabet.length] ?? ""
      }
      assert.notMatch(sanitize(text), /(?!\n|\t)[\p{Cc}\p{Bidi_Control}]/u)
    }
  })

  it("is ready at once for megabytes that begin sequences and never end them", () => {
    for (const start of ["\u001b]", "\u001b[", "\u001bP", "\u001b[0;", "\u009d"]) {
      sanitize(start.repeat(300_000))
      sanitize(start + "0;".repeat(500_000))
    }
  })

  it("on one line has blanks for all white space", () => {
    assert.strictEqual(oneLine("  a\n\nb\tc\u001b[0m "), "a b c")
  })
})
