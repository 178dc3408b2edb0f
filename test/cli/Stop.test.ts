/** Runs that end early: what was sent is kept, the exit code says what to do, and a later start goes on. */
import * as fs from "node:fs"
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { assert } from "@effect/vitest"
import { Effect, Queue } from "effect"
import * as Cli from "./Cli.ts"
import type * as Endings from "./Endings.ts"
import * as Provider from "./Provider.ts"

const report = (cwd: string) => Cli.readJson<Endings.Report>(`${cwd}/report.json`)

/** The command that the last lines of a stopped run name, as a shell takes it. */
const goOn = (result: Cli.Result): string => {
  const command = /go on with: (.+)\n$/i.exec(result.err)?.[1]
  assert.isString(command, result.err)
  return String(command)
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Cli.test(`drains and saves at ${signal}, and goes on afterwards without paying twice`, () =>
    Effect.gen(function* () {
      const cwd = yield* Cli.folder
      const provider = yield* Provider.start(["--benchmark", Cli.gsm8k, "--latency", "0.3"])
      const args = ["bench", Cli.gsm8k, ...provider.args, "--concurrency", "32"]
      const options = { cwd, env: provider.env }
      const call = [...args, "--store", "s.sqlite", "--json", "report.json"]
      const running = yield* Cli.start(call, options)
      yield* provider.billed(40)
      yield* running.kill(signal)
      const stopped = yield* running.end
      assert.strictEqual(stopped.code, 130, stopped.err)
      assert.match(stopped.err, /Stopping: \d+ requests? in flight will be saved/)
      const first = report(cwd)
      assert.isFalse(first.complete)
      assert.isAbove(first.requests.missing, 0)
      // Everything that was billed is in the store.
      assert.strictEqual((yield* provider.stats).billed, 240 - first.requests.missing)

      assert.match(goOn(stopped), / bench --run gsm8k --store s\.sqlite$/)
      const rest = ["bench", "--run", "gsm8k", "--store", "s.sqlite", "--json", "report.json"]
      const done = yield* Cli.cli(rest, options)
      assert.strictEqual(done.code, 0, done.err)
      assert.strictEqual(report(cwd).requests.sent, first.requests.missing)
      const { billedContents } = yield* provider.stats
      assert.deepStrictEqual(Object.values(billedContents), Array(240).fill(1))
    })
  )
}

Cli.test("ends at once at a second signal", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const provider = yield* Provider.start(["--faults", "hang=100%"])
    const call = ["bench", Cli.gsm8k, ...provider.args, "--store", "s.sqlite", "--limit", "4"]
    const running = yield* Cli.start(call, { cwd, env: provider.env })
    yield* provider.received(4)
    yield* running.kill("SIGINT")
    yield* running.says(/Stopping: 4 requests in flight/)
    // Any sooner it would be taken for the same key press.
    yield* Effect.sleep("600 millis")
    yield* running.kill("SIGINT")
    assert.strictEqual((yield* running.end).code, 130)
  })
)

/** A thousand problems, one a line. */
const thousand = (path: string): void => {
  const lines = Array.from({ length: 1000 }, (_, n) =>
    JSON.stringify({ question: `What is ${n} + 1?`, answer: `#### ${n + 1}` })
  )
  fs.writeFileSync(path, `${lines.join("\n")}\n`)
}

for (const { fault, code, why } of [
  { fault: "billing@500", code: 3, why: /\(billing\)/ },
  { fault: "invalid_key@500", code: 2, why: /\(invalid-key\)/ }
]) {
  Cli.test(`keeps all that was sent when ${fault} strikes with 64 in flight, and goes on`, () =>
    Effect.gen(function* () {
      const cwd = yield* Cli.folder
      thousand(`${cwd}/thousand.jsonl`)
      const benchmark = ["--benchmark", Cli.gsm8k, "--data", `${cwd}/thousand.jsonl`]
      const settings = [...benchmark, "--tier", "unlimited", "--latency", "0.05"]
      const poor = yield* Provider.start([...settings, "--faults", fault])
      const options = { cwd, env: poor.env }
      const data = ["--data", "thousand.jsonl", "--concurrency", "64", "--store", "s.sqlite"]
      const call = ["bench", Cli.gsm8k, ...poor.args, ...data, "--json", "report.json"]
      const stopped = yield* Cli.cli(call, options)
      assert.strictEqual(stopped.code, code, stopped.err)
      assert.match(stopped.err, why)
      const first = report(cwd).requests
      assert.include(first, { items: 1000, failed: 0, unknownOutcome: 0 })
      assert.strictEqual(1000 - first.missing, (yield* poor.stats).billed)
      assert.strictEqual(first.missing, 500)
      yield* poor.stop

      const rich = yield* Provider.start(settings, poor.port)
      const done = yield* Cli.cli(call, options)
      assert.strictEqual(done.code, 0, done.err)
      assert.include(report(cwd).requests, { missing: 0, failed: 0, fromStore: 500, sent: 500 })
      assert.strictEqual((yield* rich.stats).billed, 500)
    })
  )
}

Cli.test("stops at a budget, and goes on by the command that it names", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const store = `${cwd}/it's.sqlite`
    const provider = yield* Provider.start(["--benchmark", Cli.gsm8k, "--latency", "0.05"])
    const { env } = provider
    const args = ["bench", Cli.gsm8k, ...provider.args, "--store", store, "--limit", "60"]
    const call = [...args, "--max-cost", "0.001"]
    const stopped = yield* Cli.cli(call, { env })
    assert.strictEqual(stopped.code, 3, stopped.err)
    assert.match(
      stopped.err,
      /\(budget\): The budget of \$0\.001.*\nWith a higher cap, go on with: /
    )
    const command = goOn(stopped)
    // At least twice the cap, and enough for what stood before it.
    const suggested = /--max-cost (\S+)/.exec(command)?.[1] ?? ""
    assert.isAtLeast(Number(suggested), 0.002)
    const again = command
      .replace(/^node/, `'${process.execPath}'`)
      .replace(`--max-cost ${suggested}`, `--max-cost 1 --quiet --json ${cwd}/report.json`)
    const done = yield* Effect.flatMap(
      Cli.startProgram("sh", ["-c", again], { env }),
      ({ end }) => end
    )
    assert.deepInclude(done, { code: 0, out: "", err: "" })
    const { complete, requests } = report(cwd)
    assert.isTrue(complete)
    assert.include(requests, { items: 60, missing: 0 })
    assert.isAbove(requests.fromStore, 0)
  })
)

/** A provider that gives everybody the same answer. */
const answering = Effect.fnUntraced(function* (
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {}
) {
  const arrived = yield* Queue.unbounded<void>()
  const server = yield* Effect.acquireRelease(
    Effect.callback<http.Server>((resume) => {
      const made = http.createServer((request, response) => {
        request.resume()
        response.writeHead(status, { "content-type": "application/json", ...headers })
        response.end(JSON.stringify(body))
        Queue.offerUnsafe(arrived, undefined)
      })
      made.listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
    }),
    (made) =>
      Effect.sync(() => {
        made.close()
        made.closeAllConnections()
      })
  )
  const { port } = server.address() as AddressInfo
  return {
    args: ["--base-url", `http://127.0.0.1:${port}/v1`],
    env: { OPENAI_API_KEY: "sk-x" },
    received: (count: number) => Queue.takeN(arrived, count)
  }
})

const ESC = "\u001b"

Cli.test("stops at a limit that is over only hours later, and says when", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const error = { type: "requests", code: "rate_limit_exceeded", message: "Limit of the day." }
    const provider = yield* answering(429, { error }, { "retry-after": "7200" })
    const call = ["bench", Cli.gsm8k, ...provider.args, "--limit", "5", "--store", "s.sqlite"]
    const { code, err } = yield* Cli.cli(call, { cwd, env: provider.env })
    assert.strictEqual(code, 3, err)
    assert.match(err, /\(hint-too-long\): .*Resume at or after 20\d\d-/)
    assert.match(err, /Once the limit is over, go on with: /)
  })
)

Cli.test("ends at once at a signal where all that is left waits out the provider's hint", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const error = { type: "requests", code: "rate_limit_exceeded", message: "Limit." }
    const provider = yield* answering(429, { error }, { "retry-after": "300" })
    const call = ["bench", Cli.gsm8k, ...provider.args, "--limit", "5", "--store", "s.sqlite"]
    const running = yield* Cli.start(call, { cwd, env: provider.env })
    yield* provider.received(5)
    yield* running.kill("SIGINT")
    const { code, err } = yield* running.end
    assert.strictEqual(code, 130, err)
    assert.match(err, /0\/5 0% stopped/)
  })
)

Cli.test("ends with 1 where all failed, or more than allowed, or the score is too low", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const error = { type: "invalid_request_error", message: `No ${ESC}[2Jthanks.` }
    const provider = yield* answering(400, { error })
    const call = ["bench", Cli.gsm8k, ...provider.args, "--limit", "20", "--store", "s.sqlite"]
    const options = { cwd, env: provider.env }
    const all = yield* Cli.cli(call, options)
    assert.strictEqual(all.code, 1, all.err)
    assert.match(all.err, /20 of 20 requests failed/)
    assert.notInclude(all.out + all.err, ESC)
    const strict = ["--concurrency", "2", "--limit", "240", "--max-failed", "1%", "--fresh"]
    const some = yield* Cli.cli([...call.slice(0, -4), ...strict, "--store", "s.sqlite"], options)
    assert.strictEqual(some.code, 1, some.err)
    assert.match(some.err, /\(too-many-failures\).*--retry-failed\n$/s)
    const score = `bench ${Cli.gsm8k} --offline --limit 20 --store o.sqlite --min-score 1`
    const low = yield* Cli.spillway(score, { cwd })
    assert.strictEqual(low.code, 1, low.err)
    assert.match(low.err, /gpt-6-luna: the score 0\.\d+ is below 1/)
  })
)
