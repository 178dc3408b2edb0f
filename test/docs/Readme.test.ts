/** The README cannot go stale: its code is in the examples, its settings are the real ones, and its links lead somewhere. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as SettingsTable from "spillway/config/SettingsTable"

const root = join(import.meta.dirname, "..", "..")
const read = (file: string) => readFileSync(join(root, file), "utf8")
const readme = read("README.md")

const blocks = (language: string): ReadonlyArray<string> =>
  Array.from(readme.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm"))).map(
    ([, code = ""]) => code
  )

const examples = readdirSync(join(root, "examples"))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => ({ file, code: read(`examples/${file}`) }))

describe("the README", () => {
  it.each(blocks("ts").map((code) => [code.split("\n")[0], code] as const))(
    "takes its code from an example, which is checked and run: %s",
    (_, code) => {
      assert.isTrue(
        examples.some((example) => example.code.includes(code)),
        `in no example:\n${code}`
      )
    }
  )

  it("shows something of every numbered example", () => {
    const shown = blocks("ts")
    const numbered = examples.filter(({ file }) => /^\d\d-/.test(file))
    assert.isAtLeast(numbered.length, 4)
    for (const { file, code } of numbered) {
      assert.isTrue(
        shown.some((block) => code.includes(block)),
        file
      )
    }
  })

  it("lists exactly the settings that there are", () => {
    const [, table] = readme.match(/<!-- settings -->\n([\s\S]*?)\n<!-- \/settings -->/) ?? []
    assert.strictEqual(table, SettingsTable.markdown(3))
  })

  it("links only to files that exist", () => {
    const links = Array.from(readme.matchAll(/\]\(([^)#\s]+)\)/g), ([, target = ""]) => target)
    const local = links.filter((target) => !/^[a-z]+:/.test(target))
    assert.isAtLeast(local.length, 30)
    assert.deepStrictEqual(
      local.filter((target) => !existsSync(join(root, target))),
      []
    )
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
      const files = readdirSync(join(root, "layers", folder)).filter(
        (file) => file.endsWith(`${suffix}.ts`) && file !== `${suffix}.ts`
      )
      assert.isNotEmpty(files, port)
      for (const file of files) assert.include(layers, `layers/${folder}/${file}`)
    }
  })

  it("names only scripts that package.json has", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> }
    const named = Array.from(readme.matchAll(/npm run (?:-s )?([\w:]+)/g), ([, name = ""]) => name)
    assert.isAtLeast(named.length, 5)
    assert.deepStrictEqual(
      named.filter((name) => !(name in scripts)),
      []
    )
  })
})
