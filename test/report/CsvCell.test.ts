import { assert, describe, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import { stringify } from "csv-stringify/sync"
import * as CsvCell from "spillway/report/export/CsvCell"

const text = (given: string) => CsvCell.make(given).text

describe("a cell", () => {
  const formulas = [
    ...["=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x",A1)'],
    ...["\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\ufeff=1", "\u200b=1", "\u2003 \u2060=1"],
    ...['"=1"', "'=1", "\u201c=1", '" =1', "\u0000=1", "\u001b=1", "\u0085=1"],
    ...["＝1+1", "＋1", "－1", "＠SUM(A1)", "﹦1", "﹢1", "﹣1", "\u22121", " ＝1"],
    ...["\thello", "\rhello"]
  ]
  for (const formula of formulas) {
    it(`does not begin as the formula ${JSON.stringify(formula)}`, () => {
      assert.match(text(formula), /^'/)
    })
  }

  it("is where csv-stringify's own guard is not enough", () => {
    const let_through = formulas.filter((formula) => {
      const line = stringify([[formula]], { escape_formulas: true })
      const [[cell = ""] = []] = parse(line, { relax_quotes: true }) as ReadonlyArray<
        ReadonlyArray<string>
      >
      return !cell.startsWith("'")
    })
    assert.includeMembers(let_through, [" =1", "\u00a0=1", '"=1"', "\n=1"])
  })

  it("has no formula behind a semicolon, tab or line break, where some countries' files are cut", () => {
    const inner: ReadonlyArray<readonly [string, string]> = [
      ["a;=1", "a;'=1"],
      ['a; "=1', "a; \"'=1"],
      ["a\t@SUM(A1)", "a\t'@SUM(A1)"],
      ["a\n=cmd|' /C calc'!A0", "a\n'=cmd|' /C calc'!A0"],
      ["a\r\n＝1", "a\r\n'＝1"],
      ["a;-2+3+cmd|' /C calc'!A0", "a;'-2+3+cmd|' /C calc'!A0"],
      ["a;+SUM(A1)", "a;'+SUM(A1)"],
      ["=1;=2", "'=1;'=2"]
    ]
    for (const [given, guarded] of inner) assert.strictEqual(text(given), guarded)
  })

  it("is left as it is where nothing in it is a formula", () => {
    const plain = [
      ...["", "42", "a-b", "x = 1", "#### 18", "1\n- one (first)\n- two\n+ three", "5 @ noon"],
      ...["a, b; c", 'quoted "text"', "漢字 ü 🙂", "\u05d0\u200f", "let x = 1;\nlet y = 2"]
    ]
    for (const given of plain)
      assert.deepStrictEqual(CsvCell.make(given), { text: given, cut: false })
  })

  it("holds no control character that a terminal obeys, none that turns the writing, and no half surrogate pair", () => {
    assert.strictEqual(text("a\u001b[31mb\u0000\u009bc\u202ed\u2069\ud83d"), "a[31mbcd\ufffd")
  })

  it("is cut where it is longer than a spreadsheet's cell, for the rest would begin a cell of its own", () => {
    const long = `${"a".repeat(CsvCell.MAX_CELL)}=1+1`
    const { cut, text } = CsvCell.make(long)
    assert.isTrue(cut)
    assert.lengthOf(text, CsvCell.MAX_CELL)
    assert.match(text, /a… \[cut\]$/)
    const whole = CsvCell.make("a".repeat(CsvCell.MAX_CELL))
    assert.deepStrictEqual([whole.cut, whole.text.length], [false, CsvCell.MAX_CELL])
  })

  it("is ready at once for ten megabytes of line breaks, quotes and signs", () => {
    for (const unit of ["\n", '"', ";-", " =", "-(", "\u001b"]) {
      assert.isAtMost(text(unit.repeat(5_000_000)).length, CsvCell.MAX_CELL)
    }
  })
})
