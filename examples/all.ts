/** Runs every example as a user would, offline, and fails where one fails: `npm run examples`. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const folder = import.meta.dirname
const condition = ["-C", "spillway-source"]
const cli = join(folder, "..", "layers", "cli", "bin.ts")
/** For what an example keeps, so that each starts from nothing; removed at the end. */
const place = mkdtempSync(join(tmpdir(), "spillway-examples-"))

/** A benchmark is run by the command line; everything else is a program. */
const commandOf = (file: string): ReadonlyArray<string> =>
  /^export default /m.test(readFileSync(join(folder, file), "utf8"))
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
    : [...condition, join(folder, file), place]

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
rmSync(place, { recursive: true, force: true })
console.log(`\n${examples.length - failed} of ${examples.length} examples ran`)
process.exitCode = failed === 0 ? 0 : 1
