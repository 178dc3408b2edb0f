/** `spillway run`: OpenAI's batch file format in, results out. */
import * as fs from "node:fs"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as Cli from "./Cli.ts"
import * as Provider from "./Provider.ts"

interface ResultLine {
  readonly custom_id: string
  readonly response: {
    readonly status_code: number
    readonly request_id: string
    readonly body: Readonly<Record<string, unknown>>
  } | null
  readonly error: { readonly code: string; readonly message: string } | null
}

const line = (id: string, url: string, body: object): string =>
  JSON.stringify({ custom_id: id, method: "POST", url, body })

const chat = (id: string, text: string, model = "gpt-6-luna") =>
  line(id, "/v1/chat/completions", { model, messages: [{ role: "user", content: text }] })

const responses = (id: string, input: string) =>
  line(id, "/v1/responses", { model: "gpt-5-mini", input })

const embeddings = (id: string, input: string) =>
  line(id, "/v1/embeddings", { model: "text-embedding-3-small", input })

const results = (path: string): ReadonlyArray<ResultLine> =>
  fs
    .readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text) as ResultLine)

const files = (cwd: string, lines: ReadonlyArray<string>) => {
  fs.writeFileSync(`${cwd}/in.jsonl`, `${lines.join("\n")}\n`)
  return `${cwd}/out.jsonl`
}

Cli.test("answers chat, responses and embeddings of several models in one file, in its order", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const out = files(cwd, [
      embeddings("e", "some text"),
      chat("same-1", "Say something."),
      "",
      responses("r", "Say something else."),
      chat("same-2", "Say something."),
      chat("unknown", "Hello.", "gpt-99"),
      chat("refused", "Hello.").replace('"messages"', '"temperature":7,"messages"')
    ])
    const provider = yield* Provider.start(["--latency", "0.1"])
    const call = ["run", "in.jsonl", "--out", "out.jsonl", ...provider.args, "--max-cost", "1"]
    const options = { cwd, env: provider.env }
    const done = yield* Cli.cli([...call, "--store", "s.sqlite"], options)
    assert.strictEqual(done.code, 0, done.err)
    assert.match(done.out, /4 answered, 0 without an answer, 2 failed/)

    const lines = results(out)
    const ids = ["e", "same-1", "r", "same-2", "unknown", "refused"]
    assert.deepStrictEqual(
      lines.map((result) => result.custom_id),
      ids
    )
    const [embedded, first, response, second, unknown, refused] = lines
    // Whole bodies, as the endpoint gave them: fields that no part of Spillway reads are there too.
    assert.include(embedded?.response?.body, { object: "list" })
    assert.include(first?.response?.body, { object: "chat.completion" })
    assert.hasAnyKeys(first?.response?.body, ["created"])
    assert.include(response?.response?.body, { object: "response", status: "completed" })
    assert.hasAnyKeys(response?.response?.body, ["created_at"])
    assert.strictEqual(first?.response?.status_code, 200)
    assert.match(first?.response?.request_id ?? "", /^req_/)
    // Equal requests are samples of their own: each was asked for.
    assert.notStrictEqual(first?.response?.body.id, second?.response?.body.id)
    assert.include(unknown, { response: null })
    assert.match(unknown?.error?.message ?? "", /price is unknown/)
    assert.match(refused?.error?.message ?? "", /temperature.*from 0 to 2/)
    assert.strictEqual((yield* provider.stats).billed, 4)

    fs.rmSync(out)
    const again = yield* Cli.cli(["run", "--run", "in.jsonl", "--store", "s.sqlite"], options)
    assert.strictEqual(again.code, 0, again.err)
    assert.deepStrictEqual(results(out), lines)
    assert.strictEqual((yield* provider.stats).billed, 4)
    assert.deepStrictEqual(
      fs.readdirSync(cwd).filter((name) => name.includes("partial")),
      []
    )
  })
)

Cli.test(
  "writes what it has when it is interrupted, and the rest after going on, each line once",
  () =>
    Effect.gen(function* () {
      const cwd = yield* Cli.folder
      const ids = Array.from({ length: 120 }, (_, n) => `id-${n}`)
      const out = files(
        cwd,
        ids.map((id, n) => chat(id, `What is ${n} + 1?`))
      )
      const provider = yield* Provider.start(["--latency", "0.3"])
      const call = ["run", "in.jsonl", "--out", "out.jsonl", ...provider.args, "--quiet"]
      const options = { cwd, env: provider.env }
      const all = [...call, "--concurrency", "16", "--store", "s.sqlite"]
      const running = yield* Cli.start(all, options)
      yield* provider.billed(30)
      yield* running.kill("SIGTERM")
      const stopped = yield* running.end
      assert.strictEqual(stopped.code, 130, stopped.err)
      const early = results(out).map((result) => result.custom_id)
      assert.strictEqual(early.length, (yield* provider.stats).billed)
      assert.deepStrictEqual(
        early,
        ids.filter((id) => early.includes(id))
      )

      const killed = yield* Cli.start(all, options)
      yield* provider.billed(early.length + 20)
      yield* killed.kill("SIGKILL")
      yield* killed.end
      const done = yield* Cli.cli(all, options)
      assert.deepInclude(done, { code: 0, out: "", err: "" })
      assert.deepStrictEqual(
        results(out).map((result) => result.custom_id),
        ids
      )
      const { billedContents, contents } = yield* provider.stats
      assert.strictEqual(contents, ids.length)
      const again = Object.values(billedContents).filter((times) => times > 1)
      assert.isAtMost(again.length, 16)
    })
)
