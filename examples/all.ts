/** Runs every example as a user would, offline, and fails where one fails: `npm run examples`. */
import { spawnSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { join } from "node:path"

const folder = import.meta.dirname
const condition = ["-C", "spillway-source"]
const cli = join(folder, "..", "layers", "cli", "bin.ts")

/** A benchmark is run by the command line; everything else is a program. */
const commandOf = (file: string): ReadonlyArray<string> =>
  file === "03-gsm8k.ts"
    ? [
        ...condition,
        cli,
        "bench",
        join(folder, file),
        "--offline",
        "--limit",
        "40",
        "--fresh",
        "--store",
        ":memory:"
      ]
    : [...condition, join(folder, file)]

const examples = readdirSync(folder)
  .filter((file) => /^\d\d-.*\.ts$/.test(file) && !file.endsWith(".test.ts"))
  .sort()

let failed = 0
for (const file of examples) {
  console.log(`\n── ${file}`)
  const { status, signal } = spawnSync(process.execPath, commandOf(file), { stdio: "inherit" })
  if (status !== 0) {
    failed++
    console.error(`${file} ended with ${signal ?? status}`)
  }
}
console.log(`\n${examples.length - failed} of ${examples.length} examples ran`)
process.exitCode = failed === 0 ? 0 : 1
