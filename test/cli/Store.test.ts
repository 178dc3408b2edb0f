/** A store that cannot be used, as the command line tells it. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { DatabaseSync } from "node:sqlite"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as Cli from "./Cli.ts"
import * as Provider from "./Provider.ts"
import { assertRefused } from "./refusals.ts"

const bench = (store: string, flags = "") =>
  `bench ${Cli.gsm8k} --offline --limit 3 --store ${store}${flags}`

const isRoot = process.getuid?.() === 0
/** A user without rights, where the test itself has all of them. */
const NOBODY = 65_534

Cli.test("refuses a file that is no store, and leaves it as it was", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const junk = "these are my notes, not a database\n".repeat(100)
    fs.writeFileSync(`${cwd}/notes.txt`, junk)
    assertRefused(yield* Cli.spillway(bench("notes.txt"), { cwd }), 2, /not a SQLite database/)
    assertRefused(yield* Cli.spillway("runs --store notes.txt", { cwd }), 2, /not a SQLite data/)
    assert.strictEqual(fs.readFileSync(`${cwd}/notes.txt`, "utf8"), junk)
  })
)

Cli.test("refuses a folder in place of a store", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    assertRefused(yield* Cli.spillway(bench("."), { cwd }), 2, /store cannot be opened.*Check/)
  })
)

Cli.test("refuses a store that this user may not read", (context) =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    fs.writeFileSync(`${cwd}/s.sqlite`, "")
    fs.chmodSync(`${cwd}/s.sqlite`, 0)
    fs.chmodSync(cwd, 0o777)
    const options = isRoot ? { cwd, uid: NOBODY } : { cwd }
    const reaches = yield* Cli.cli(["--version"], options)
    if (reaches.code !== 0) context.skip("another user cannot run the project on this machine")
    const result = yield* Cli.spillway(bench("s.sqlite"), options)
    assertRefused(result, 2, /store cannot be opened.*this user may read and write it/)
  })
)

Cli.test("refuses a store of a newer version, and names both versions", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    assert.strictEqual((yield* Cli.spillway(bench("s.sqlite", " --quiet"), { cwd })).code, 0)
    const db = new DatabaseSync(`${cwd}/s.sqlite`)
    db.exec("UPDATE spillway_meta SET value = '99' WHERE name = 'version'")
    db.close()
    const says = /store has version 99.*up to \d+\. Update Spillway/
    assertRefused(yield* Cli.spillway(bench("s.sqlite"), { cwd }), 2, says)
  })
)

Cli.test("lists, shows and removes runs, and says which ones it does not have", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const at = (call: string) => Cli.spillway(call, { cwd })
    assertRefused(yield* at("runs --store s.sqlite"), 2, /no store s\.sqlite/)
    assert.isFalse(fs.existsSync(`${cwd}/s.sqlite`))
    yield* at(bench("s.sqlite", " --quiet --run first"))
    assertRefused(yield* at("show nope --store s.sqlite"), 2, /no run "nope".*spillway runs/)
    assertRefused(yield* at("rm nope --store s.sqlite"), 2, /no run "nope"/)

    const listed = yield* at("runs --store s.sqlite --json")
    const [row] = JSON.parse(listed.out) as ReadonlyArray<Record<string, unknown>>
    assert.include(row, { name: "first", state: "idle", answered: 3, failed: 0 })
    const shown = yield* at("show first --store s.sqlite --json")
    const { report, settings } = JSON.parse(shown.out) as Record<string, Record<string, unknown>>
    assert.include(settings, { command: "bench", limit: 3, offline: true })
    assert.include(report, { run: "first", simulated: true, complete: true })
    assert.match((yield* at("show first --store s.sqlite")).out, /SIMULATED.*95% interval/s)

    assert.strictEqual((yield* at("rm first --store s.sqlite")).code, 0)
    assert.match((yield* at("runs --store s.sqlite")).out, /^No runs in s\.sqlite/)
  })
)

Cli.test("keeps a second process off a run, and a run under way from being removed", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const provider = yield* Provider.start(["--faults", "hang=100%"])
    const options = { cwd, env: provider.env }
    const args = ["bench", Cli.gsm8k, ...provider.args, "--store", "s.sqlite"]
    const first = yield* Cli.start([...args, "--limit", "3"], options)
    yield* provider.received(3)
    const says = new RegExp(`run "gsm8k" is being worked on by .*pid ${first.pid}.*Wait`)
    assertRefused(yield* Cli.cli(args, options), 2, says)
    assertRefused(yield* Cli.spillway("rm gsm8k --store s.sqlite", { cwd }), 2, says)
    const listed = yield* Cli.spillway("runs --store s.sqlite", { cwd })
    assert.match(listed.out, /gsm8k +running/)
  })
)

/** A disk of 4 MiB, where the system lets the test have one. */
const smallDisk = Effect.fnUntraced(function* (at: string) {
  fs.mkdirSync(at)
  const mounted = yield* Effect.acquireRelease(
    Effect.sync(
      () => spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", at]).status === 0
    ),
    (is) => Effect.sync(() => (is ? spawnSync("umount", ["-l", at]) : undefined))
  )
  return mounted
})

Cli.test("stops on a full disk with what to do, and goes on once there is room", (context) =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    if (!isRoot || !(yield* smallDisk(`${cwd}/disk`))) {
      return context.skip("needs the right to mount a small file system")
    }
    fs.writeFileSync(`${cwd}/disk/ballast`, Buffer.alloc(3_850_000))
    const call = `bench ${Cli.gsm8k} --offline --tier unlimited --store disk/s.sqlite`
    const stopped = yield* Cli.spillway(call, { cwd })
    assert.strictEqual(stopped.code, 3, stopped.err)
    assert.match(stopped.err, /no room left to write.*Free disk space/)
    assert.notMatch(stopped.err, /\n\s+at /)

    fs.rmSync(`${cwd}/disk/ballast`)
    const done = yield* Cli.spillway(`${call} --json ${cwd}/report.json`, { cwd })
    assert.strictEqual(done.code, 0, done.err)
    const { requests } = Cli.readJson<{ requests: Record<string, number> }>(`${cwd}/report.json`)
    assert.include(requests, { items: 240, missing: 0, failed: 0 })
    assert.isAbove(requests.fromStore ?? 0, 0)
  })
)

const POSTGRES = "postgres://postgres:unused@127.0.0.1:5432/test"

Cli.test("keeps runs in a PostgreSQL by its URL, and shows its password nowhere", (context) =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const prefix = `c${Date.now().toString(36)}_`
    const env = { SPILLWAY_STORE: POSTGRES, SPILLWAY_STORE_PREFIX: prefix }
    const probe = yield* Cli.spillway("runs", { cwd, env })
    if (probe.code !== 0 && process.env.CI !== "true") {
      assert.notInclude(probe.err, "unused")
      return context.skip("needs a PostgreSQL server")
    }
    yield* Effect.addFinalizer(() => dropTables(prefix))
    const bench = yield* Cli.spillway(`bench ${Cli.gsm8k} --offline --limit 3 --quiet`, {
      cwd,
      env
    })
    assert.strictEqual(bench.code, 0, bench.err)
    const { SPILLWAY_STORE_PREFIX } = env
    const listed = yield* Cli.spillway(`runs --json --store ${POSTGRES}`, {
      cwd,
      env: { SPILLWAY_STORE_PREFIX }
    })
    assert.deepInclude(JSON.parse(listed.out)[0], { name: "gsm8k", answered: 3 })
    const stopped = yield* Cli.spillway(
      `bench ${Cli.gsm8k} --offline --fresh --limit 20 --max-cost 0.0000001 --store ${POSTGRES}`,
      { cwd, env: { SPILLWAY_STORE_PREFIX } }
    )
    assert.strictEqual(stopped.code, 3, stopped.err)
    assert.match(stopped.err, /--store .*postgres:\/\/postgres:\*\*\*@/)
    assert.notInclude(stopped.out + stopped.err, "unused")
    assert.deepStrictEqual(fs.readdirSync(cwd), [])
  })
)

const dropTables = (prefix: string) =>
  SqlClient.SqlClient.use((sql) =>
    Effect.forEach(["meta", "runs", "records", "outcomes", "deliveries", "results"], (table) =>
      sql.unsafe(`DROP TABLE IF EXISTS ${prefix}${table}`)
    )
  ).pipe(Effect.provide(PgClient.layer({ url: Redacted.make(POSTGRES) })), Effect.ignore)
