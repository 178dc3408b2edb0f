/** What a program pays for `import … from "spillway"`. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { outputOf } from "./Program.ts"

const listPackages = `
import { registerHooks } from "node:module"
const seen = new Set()
registerHooks({
  load(url, context, next) {
    const [, name] = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url) ?? []
    if (name !== undefined) seen.add(name)
    return next(url, context)
  }
})
await import("spillway")
console.log(JSON.stringify([...seen]))`

it.live("the index loads no plots, no pages and no engine for regular expressions", () =>
  Effect.gen(function* () {
    const output = yield* outputOf("--input-type=module", "-e", listPackages)
    const packages = JSON.parse(output) as ReadonlyArray<string>
    assert.include(packages, "effect")
    for (const heavy of ["vega", "vega-lite", "hono", "re2js", "openai", "undici", "js-tiktoken"]) {
      assert.notInclude(packages, heavy)
    }
  })
)
