/** The README cannot go stale: its code is in the examples, its settings are the real ones, and its links lead somewhere. */
import { assert, describe, it } from "@effect/vitest"
import * as SettingsTable from "spillway/config/SettingsTable"
import * as Markdown from "./Markdown.ts"

const readme = Markdown.read("README.md")
const shown = Markdown.blocks(readme, "ts")
const examples = Markdown.programs("examples")
const tour = Markdown.filesIn("examples/tour")
  .filter((file) => file.endsWith(".md"))
  .flatMap((file) => Markdown.blocks(Markdown.read(`examples/tour/${file}`), "ts"))

describe("the README", () => {
  it.each(shown.map((code) => [code.split("\n")[0], code] as const))(
    "takes its code from an example, which is checked and run: %s",
    (_, code) => {
      assert.isTrue(
        examples.some((example) => example.code.includes(code)),
        `in no example:\n${code}`
      )
    }
  )

  it("shows something of every numbered example, or a page of the tour does", () => {
    const numbered = examples.filter(({ file }) => /^\d\d-/.test(file))
    assert.isAtLeast(numbered.length, 4)
    for (const { file, code } of numbered) {
      assert.isTrue(
        [...shown, ...tour].some((block) => code.includes(block)),
        file
      )
    }
  })

  it("lists exactly the settings that there are", () => {
    const [, table] = readme.match(/<!-- settings -->\n([\s\S]*?)\n<!-- \/settings -->/) ?? []
    assert.strictEqual(table, SettingsTable.markdown(3))
  })

  it("links only to files and headings that exist", () => {
    assert.isAtLeast(Markdown.links("README.md").length, 30)
    assert.deepStrictEqual(Markdown.broken("README.md"), [])
  })

  it("lists every layer of every port", () => {
    // What a port's folder holds in capitals after its mechanism: `MemoryBudget.ts` for `Budget`.
    const ports = Array.from(
      readme.matchAll(/^\| \[(\w+)\]\(src\/([\w-]+)\/\w+\.ts\) \|(.*)\|$/gm),
      ([, port = "", folder = "", layers = ""]) => ({ port, folder, layers })
    )
    assert.isAtLeast(ports.length, 9)
    for (const { port, folder, layers } of ports) {
      const suffix = port.replace(/^OpenAiConfig$/, "Config")
      const files = Markdown.filesIn(`layers/${folder}`).filter(
        (file) => file.endsWith(`${suffix}.ts`) && file !== `${suffix}.ts`
      )
      assert.isNotEmpty(files, port)
      for (const file of files) assert.include(layers, `layers/${folder}/${file}`)
    }
  })

  it("names only scripts that package.json has", () => {
    const { named, unknown } = Markdown.scripts(readme)
    assert.isAtLeast(named.length, 5)
    assert.deepStrictEqual(unknown, [])
  })
})
