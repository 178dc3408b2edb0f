import { assert, describe, it } from "@effect/vitest"
import { jsonOf, replyOf } from "../requests.ts"
import { chatBody, chatLine, chatLines, HOUR, hourly, jsonl, MINUTE } from "./account.ts"

interface Defect {
  readonly code: string
  readonly line: number | null
  readonly param: string | null
  readonly message: string
}

/** The defects of an input file, as the failed batch tells them. */
const defectsOf = (
  text: string,
  more: object = {}
): ReadonlyArray<readonly [string, number | null]> => {
  const { upload, create, batch, simulator } = hourly()
  const { id } = jsonOf(create(upload(text, 0).id, 0, more))
  const failed = batch(id, HOUR)
  assert.strictEqual(failed.status, "failed", JSON.stringify(failed))
  assert.isAbove(failed.failed_at, 0)
  assert.isNull(failed.in_progress_at)
  assert.isNull(failed.output_file_id)
  assert.strictEqual(simulator.stats(2 * HOUR).billed, 0)
  return failed.errors.data.map(({ code, line }: Defect) => [code, line])
}

const [a, b, c] = [chatLine("a"), chatLine("b"), chatLine("c")]
const without = (field: string) => {
  const { [field]: _, ...rest } = chatLine("x") as Record<string, unknown>
  return rest
}

describe("defects of an input file", () => {
  it.each([
    ["no JSON", [a, "{broken", b], "invalid_json_line", 2],
    ["a line that is no object", [a, b, "[1]"], "invalid_json_line", 3],
    ["an id used twice", [a, b, c, a], "duplicate_custom_id", 4],
    ["another URL", [a, { ...b, url: "/v1/responses" }], "url_mismatch", 2],
    [
      "another model",
      [a, { ...b, body: chatBody("b", { model: "gpt-4.1-nano" }) }],
      "model_mismatch",
      2
    ],
    ["a model there is not", [chatLine("a", { model: "gpt-none" })], "model_not_found", 1],
    ["no model", [{ ...a, body: {} }], "missing_required_parameter", 1],
    ["no id", [a, without("custom_id")], "missing_required_parameter", 2],
    ["no body", [without("body")], "missing_required_parameter", 1],
    ["another method", [{ ...a, method: "GET" }], "invalid_method", 1]
  ])("fail the batch with the line's number: %s", (_, lines, code, line) => {
    assert.deepStrictEqual(defectsOf(jsonl(lines)), [[code, line]])
  })

  it("come all at once, counted as an editor counts lines", () => {
    const text = `${jsonl([a, "", "{", a])}\r\n\n${JSON.stringify(b)}\nnope\n`
    assert.deepStrictEqual(defectsOf(text), [
      ["invalid_json_line", 3],
      ["duplicate_custom_id", 4],
      ["invalid_json_line", 7]
    ])
  })

  it.each([
    ["nothing", ""],
    ["nothing but empty lines", "\n \r\n\n"]
  ])("are named for the whole file: %s", (_, text) => {
    assert.deepStrictEqual(defectsOf(text), [["empty_file", null]])
  })

  it("a byte order mark is no part of JSON", () => {
    assert.deepStrictEqual(defectsOf(`\uFEFF${jsonl([a, b])}`), [["invalid_json_line", 1]])
  })

  it("more than 50,000 requests, or inputs to embed, are too many", () => {
    const many = `${"{}\n".repeat(50_001)}`
    assert.deepStrictEqual(defectsOf(many), [["too_many_tasks", null]])
    const embed = (id: number) => ({
      custom_id: `${id}`,
      method: "POST",
      url: "/v1/embeddings",
      body: { model: "text-embedding-3-small", input: Array.from({ length: 2_000 }, () => "x") }
    })
    const inputs = jsonl(Array.from({ length: 26 }, (_, id) => embed(id)))
    const more = { endpoint: "/v1/embeddings" }
    assert.deepStrictEqual(defectsOf(inputs, more), [["too_many_tasks", null]])
  })

  it("do not fail the creation", () => {
    const { submit } = hourly()
    assert.strictEqual(submit(["{"], 0).status, "validating")
  })
})

describe("the creation of a batch", () => {
  it.each([
    ["no file", { input_file_id: undefined }, "input_file_id"],
    ["a file there is not", { input_file_id: "file-none" }, "input_file_id"],
    ["another window", { completion_window: "1h" }, "completion_window"],
    ["no window", { completion_window: undefined }, "completion_window"],
    ["an endpoint there is not", { endpoint: "/v1/poems" }, "endpoint"],
    ["no endpoint", { endpoint: undefined }, "endpoint"],
    [
      "17 pairs of metadata",
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, "v"])) },
      "metadata"
    ],
    ["a key of 65 characters", { metadata: { ["k".repeat(65)]: "v" } }, "metadata"],
    ["a value of 513 characters", { metadata: { k: "v".repeat(513) } }, "metadata"],
    ["a value that is no text", { metadata: { k: 1 } }, "metadata"],
    [
      "results kept for a minute",
      { output_expires_after: { anchor: "created_at", seconds: 60 } },
      "output_expires_after.seconds"
    ]
  ])("is refused for %s", (_, more, param) => {
    const { upload, create } = hourly()
    const plan = create(upload(jsonl([a]), 0).id, 0, more)
    assert.strictEqual(replyOf(plan).status, 400)
    assert.strictEqual(jsonOf(plan).error.param, param)
  })

  it("is refused for a file of another purpose", () => {
    const { upload, create } = hourly()
    const file = upload(jsonl([a]), 0, { purpose: "user_data" })
    assert.strictEqual(replyOf(create(file.id, 0)).status, 400)
  })

  it("keeps the metadata, by which a batch is found again in the list", () => {
    const { submit, call, status } = hourly()
    const ids = Array.from({ length: 25 }, (_, n) => {
      const metadata = { run: `r${n}`, shard: "v".repeat(512) }
      return submit([chatLine("a")], n * MINUTE, { metadata }).id
    })
    const first = call("GET", "/batches", HOUR)
    assert.lengthOf(first.data, 20)
    assert.isTrue(first.has_more)
    assert.strictEqual(first.first_id, ids[24])
    const rest = call("GET", `/batches?limit=100&after=${first.last_id}`, HOUR)
    assert.deepStrictEqual(
      rest.data.map(({ metadata }: { metadata: { run: string } }) => metadata.run),
      ["r4", "r3", "r2", "r1", "r0"]
    )
    assert.isFalse(rest.has_more)
    assert.strictEqual(status("GET", "/batches?limit=101", HOUR), 400)
  })

  it("gives every batch work of its own, however many share a file", () => {
    const { upload, create, batch, simulator } = hourly()
    const file = upload(jsonl(chatLines(5)), 0).id
    const ids = [0, 1].map((now): string => jsonOf(create(file, now)).id)
    const files = ids.map((id): string => batch(id, 3 * HOUR).output_file_id)
    assert.strictEqual(new Set([...ids, ...files]).size, 4)
    assert.strictEqual(simulator.stats().contentsBilledAgain, 5)
  })
})
