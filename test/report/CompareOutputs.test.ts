/** A comparison on a terminal, in Markdown and as a page, also where names and prompts are hostile. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { layer } from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as Compare from "spillway/report/compare/Compare"
import * as ComparePage from "spillway/report/compare/ComparePage"
import * as MarkdownCompare from "spillway/report/compare/MarkdownCompare"
import * as TerminalCompare from "spillway/report/compare/TerminalCompare"
import * as Export from "spillway/report/export/Export"
import { report } from "./report.ts"
import { ended, item, put, scored } from "./storedRuns.ts"

const HOSTILE = "<script>alert(1)</script>| x\n# y `z` \u001b[31m\u202e\"'&]("

interface Options {
  readonly names?: readonly [string, string]
  readonly texts?: string
  readonly complete?: boolean
  readonly arms?: ReadonlyArray<string>
}

/** Forty items of which the second run gets more right. */
const compared = Effect.fnUntraced(function* ({
  arms = ["luna"],
  complete = true,
  names = ["monday", "tuesday"],
  texts = ""
}: Options) {
  const runs = yield* Effect.forEach([...names.entries()], ([at, name]) =>
    Effect.gen(function* () {
      const items = Array.from({ length: 40 }, (_, n) =>
        item(
          n,
          arms.map((arm, place) =>
            n % 10 === 9
              ? ended(n, n === 9 ? "refused" : n === 19 && !complete ? "missing" : "failed", {
                  arm
                })
              : scored(n, (n * (at + place + 1)) % 3 === 0 ? at : 1, { arm })
          ),
          {
            itemId: `${n}${texts}`,
            target: `${texts}${n}`,
            prompts: [{ variant: "", messages: [{ role: "user", text: `${n}${texts}` }] }]
          }
        )
      )
      const id = yield* put({ name, items })
      const outline = (yield* Export.outline(id)) ?? { arms: [], scorers: [] }
      return { id, name, outline, report: report({ complete, simulated: !complete }) }
    })
  )
  return yield* Compare.make(runs)
}, Effect.provide(layer))

const CONTROLS = /(?!\n)[\p{Cc}\p{Bidi_Control}]/u

describe("a comparison on a terminal", () => {
  it.effect("says who is better, whether it is chance, what it cost and which items tell", () =>
    Effect.gen(function* () {
      const text = TerminalCompare.render(yield* compared({}), { width: 120 })
      assert.match(text, /^monday · tuesday by lastNumber@1\n/)
      assert.match(text, /tuesday is better than monday by 3\d\.\d points \(95% interval/)
      assert.match(text, /p < 0\.001: unlikely to be chance\.\s+Only tuesday was right on 12/)
      assert.match(text, /40 items in common\. 3 of them without a score in one of the two/)
      assert.match(text, /With no answer left out: tuesday better by/)
      assert.match(text, /cost {2}of the first\n(.*\n)*.*tuesday.*×1\.00/)
      assert.match(text, /Only tuesday right, not monday: 12 items\nline 1, 0: 0 → 0\n/)
      assert.match(text, /And 2 more: --json has them\./)
      assert.notInclude(text, "UNFINISHED")
    })
  )

  it.effect("fits its width, with long names too", () =>
    Effect.gen(function* () {
      const long = yield* compared({
        names: ["a-run-with-a-rather-long-name-of-its-own", "another-run-with-a-long-name"],
        arms: ["gpt-6-luna effort=high prompt=steps", "gpt-6-terra"],
        texts: " and more words".repeat(30)
      })
      for (const width of [20, 40, 80, 120]) {
        for (const line of TerminalCompare.render(long, { width }).split("\n")) {
          assert.isAtMost(line.length, width)
        }
      }
    })
  )

  it.effect("says first that runs are simulated, and how much of them is missing", () =>
    Effect.gen(function* () {
      const text = TerminalCompare.render(yield* compared({ complete: false }), { width: 120 })
      assert.match(
        text,
        /^monday.*\nSIMULATED: .*\nUNFINISHED: 1 request of monday, 1 request of tue/
      )
    })
  )

  it.effect("has no control character of others in it, and its own colours where asked for", () =>
    Effect.gen(function* () {
      const hostile = yield* compared({
        names: [`a${HOSTILE}`, `b${HOSTILE}`],
        texts: HOSTILE,
        arms: [`x${HOSTILE}`, `y${HOSTILE}`]
      })
      assert.notMatch(TerminalCompare.render(hostile, { width: 120 }), CONTROLS)
      assert.include(TerminalCompare.render(hostile, { colour: true }), "\u001b[1m")
    })
  )
})

describe("a comparison as Markdown", () => {
  it.effect("lets no name or prompt out of its cell or line", () =>
    Effect.gen(function* () {
      const text = MarkdownCompare.render(
        yield* compared({
          names: [`a${HOSTILE}`, `b${HOSTILE}`],
          texts: HOSTILE,
          arms: [`x${HOSTILE}`]
        })
      )
      assert.notMatch(text, CONTROLS)
      assert.notMatch(text, /<(?!\/?small)/)
      assert.notMatch(text, /^# y/m)
      const cellsOf = (row: string) =>
        row.replaceAll("\\\\", "").replaceAll("\\|", "").split("|").length
      for (const table of text.split("\n\n").filter((part) => part.startsWith("|"))) {
        const [heading = "", ...rows] = table.split("\n")
        assert.lengthOf(rows, 3)
        for (const row of rows) assert.strictEqual(cellsOf(row), cellsOf(heading))
      }
      assert.match(text, /^## a&lt;script&gt;/)
    })
  )
})

describe("a comparison as a page", () => {
  it.effect("is one document without scripts, and shows hostile texts as texts", () =>
    Effect.gen(function* () {
      const found = yield* compared({
        names: [`a${HOSTILE}`, `b${HOSTILE}`],
        texts: HOSTILE,
        arms: [`x${HOSTILE}`],
        complete: false
      })
      const page = yield* ComparePage.render(found)
      assert.strictEqual(page, yield* ComparePage.render(found))
      assert.notInclude(page, "<script")
      assert.notMatch(page, /script-src|(?:src|href)="(?!#)/)
      assert.include(page, "default-src &#39;none&#39;")
      assert.include(page, "&lt;script&gt;alert(1)&lt;/script&gt;")
      assert.notMatch(page, /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u)
      assert.include(page, 'class="banner simulated"')
      assert.include(page, 'class="banner unfinished"')
      assert.match(page, /Differences of scores with 95% intervals/)
      assert.match(page, /Only .*not .*12 items/)
    })
  )
})
