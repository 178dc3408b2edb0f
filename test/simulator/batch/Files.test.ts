import { assert, describe, it } from "@effect/vitest"
import * as Simulator from "spillway/simulator/Simulator"
import { jsonOf, replyOf, textOf } from "../requests.ts"
import { account, chatLine, chatLines, HOUR, hourly, jsonl } from "./account.ts"

const DAY = 24 * HOUR
const text = jsonl(chatLines(3))

describe("simulated files", () => {
  it("are uploaded, shown and read back as they were", () => {
    const { upload, call, plan } = account()
    const file = upload(text, 5_000)
    assert.match(file.id, /^file-/)
    assert.deepStrictEqual(
      { ...file, id: "" },
      {
        id: "",
        object: "file",
        bytes: text.length,
        created_at: 5,
        expires_at: 5 + 30 * 86_400,
        filename: "input.jsonl",
        purpose: "batch",
        status: "processed"
      }
    )
    assert.deepStrictEqual(call("GET", `/files/${file.id}`, 6_000), file)
    assert.strictEqual(textOf(plan("GET", `/files/${file.id}/content`, 6_000)), text)
  })

  it("are gone once they are deleted, or have expired", () => {
    const { upload, call, status } = account()
    const file = upload(text, 0)
    const short = upload(text, 0, { expiresAfter: { anchor: "created_at", seconds: 3_600 } })
    assert.strictEqual(short.expires_at, 3_600)
    assert.deepStrictEqual(call("DELETE", `/files/${file.id}`, 0), {
      id: file.id,
      object: "file",
      deleted: true
    })
    assert.strictEqual(status("GET", `/files/${file.id}`, 0), 404)
    assert.strictEqual(status("DELETE", `/files/${file.id}`, 0), 404)
    assert.strictEqual(status("GET", `/files/${file.id}/content`, 0), 404)
    assert.strictEqual(status("GET", `/files/${short.id}`, HOUR - 1), 200)
    assert.strictEqual(status("GET", `/files/${short.id}`, HOUR), 404)
    assert.lengthOf(call("GET", "/files", HOUR).data, 0)
  })

  it("hold results for 30 days, or as long as the batch asks", () => {
    const { submit, batch, status } = hourly()
    const long = submit(chatLines(2), 0)
    const short = submit(chatLines(2), 0, {
      output_expires_after: { anchor: "created_at", seconds: 7_200 }
    })
    const kept = batch(long.id, 2 * HOUR).output_file_id
    const brief = batch(short.id, 2 * HOUR).output_file_id
    assert.strictEqual(status("GET", `/files/${brief}/content`, 2 * HOUR), 200)
    assert.strictEqual(status("GET", `/files/${brief}/content`, 4 * HOUR), 404)
    assert.strictEqual(status("GET", `/files/${kept}/content`, 30 * DAY), 200)
    assert.strictEqual(status("GET", `/files/${kept}/content`, 31 * DAY), 404)
    assert.strictEqual(batch(long.id, 31 * DAY).output_file_id, kept)
  })

  it("are not needed any more by a batch that has been created", () => {
    const { upload, call, create, batch, lines } = hourly()
    const { id: file } = upload(text, 0)
    const { id } = jsonOf(create(file, 0))
    call("DELETE", `/files/${file}`, 0)
    assert.lengthOf(lines(batch(id, 2 * HOUR).output_file_id, 2 * HOUR), 3)
  })

  it("are listed newest first, by purpose, page by page", () => {
    const { upload, call, submit, status } = hourly()
    const ids = Array.from({ length: 5 }, (_, n) => upload(text, n).id)
    upload("notes", 9, { purpose: "user_data", filename: "notes.txt" })
    const shown = (query: string) => call("GET", `/files${query}`, 10)
    const first = shown("?purpose=batch&limit=2")
    assert.deepStrictEqual(
      first.data.map(({ id }: { id: string }) => id),
      [ids[4], ids[3]]
    )
    assert.isTrue(first.has_more)
    assert.strictEqual(first.last_id, ids[3])
    const rest = shown(`?purpose=batch&limit=3&after=${first.last_id}`)
    assert.deepStrictEqual(
      rest.data.map(({ id }: { id: string }) => id),
      [ids[2], ids[1], ids[0]]
    )
    assert.isFalse(rest.has_more)
    assert.lengthOf(shown("").data, 6)
    assert.strictEqual(shown("?order=asc").first_id, ids[0])
    assert.strictEqual(status("GET", "/files?limit=0", 10), 400)
    assert.strictEqual(status("GET", "/files?after=file-none", 10), 400)
    submit(chatLines(1), 10)
    call("GET", "/batches", 3 * HOUR)
    assert.lengthOf(call("GET", "/files?purpose=batch_output", 3 * HOUR).data, 1)
  })

  it.each([
    ["a form without a purpose", { purpose: "" }, "purpose"],
    ["an unknown purpose", { purpose: "fun" }, "purpose"],
    ["a name that is not .jsonl", { filename: "input.json" }, "file"],
    [
      "a lifetime of minutes",
      { expiresAfter: { anchor: "created_at", seconds: 60 } },
      "expires_after.seconds"
    ],
    [
      "a lifetime from elsewhere",
      { expiresAfter: { anchor: "now", seconds: 3_600 } },
      "expires_after.anchor"
    ]
  ])("are refused for %s", (_, more, param) => {
    const { uploaded } = account()
    const plan = uploaded(text, 0, more)
    assert.strictEqual(replyOf(plan).status, 400)
    assert.strictEqual(jsonOf(plan).error.param, param)
  })

  it("are refused without a file, and above 200 MB for a batch and 512 MB for anything", () => {
    const { status, uploaded } = account()
    assert.strictEqual(status("POST", "/files", 0), 400)
    const sized = (length: number) => ({ bytes: { length } })
    const at = (length: number, more: object = {}) =>
      replyOf(uploaded("", 0, { ...sized(length), ...more })).status
    assert.strictEqual(at(200_000_000), 200)
    assert.strictEqual(at(200_000_001), 400)
    assert.strictEqual(at(200_000_001, { purpose: "user_data" }), 200)
    assert.strictEqual(at(512 * 1024 * 1024 + 1, { purpose: "user_data" }), 413)
  })

  it("leave other methods and paths unknown", () => {
    const { status } = account()
    for (const [method, path] of [
      ["PUT", "/files"],
      ["POST", "/files/x"],
      ["GET", "/files/x/parts"],
      ["DELETE", "/batches/x"],
      ["GET", "/batches/x/cancel"],
      ["POST", "/uploads"]
    ] as const) {
      assert.strictEqual(status(method, path, 0), 404)
    }
  })

  it("need a key like everything else", () => {
    const simulator = Simulator.make({ keys: ["sk-good"] })
    const status = (key: string) =>
      replyOf(simulator.handle({ method: "GET", path: "/files", body: undefined, key }, 0)).status
    assert.deepStrictEqual([status(""), status("sk-bad"), status("sk-good")], [401, 401, 200])
  })

  it("come in pieces that stop halfway where that fault strikes", () => {
    const { upload, plan } = account({ faults: "truncated=100%@1h..2h" })
    const { id } = upload(text, 0)
    const cut = textOf(plan("GET", `/files/${id}/content`, HOUR))
    assert.strictEqual(cut, text.slice(0, Math.floor(text.length / 2)))
    assert.strictEqual(textOf(plan("GET", `/files/${id}/content`, 3 * HOUR)), text)
  })

  it("are unknown by the id of nothing, as batches are", () => {
    const { call } = account()
    assert.include(call("GET", "/files/file-x", 0).error.message, "file-x")
    assert.include(call("GET", "/batches/batch_x", 0).error.message, "batch_x")
    assert.include(call("POST", "/batches/batch_x/cancel", 0).error.message, "batch_x")
  })

  it("do not care about the query of another request", () => {
    const { status } = account()
    const body = chatLine("a").body
    assert.strictEqual(status("POST", "/chat/completions?api-version=1", 0, body), 200)
    assert.strictEqual(status("GET", "/models?x=1", 0), 200)
  })
})
