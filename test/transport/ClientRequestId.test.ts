import { randomUUID } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as RequestKey from "spillway/checkpoint/RequestKey"
import * as ClientRequestId from "spillway/transport/ClientRequestId"

const key = (repeat: number) =>
  RequestKey.make(
    "p",
    { endpoint: "chat", body: { model: "m" }, model: "m", maxOutputTokens: 1 },
    repeat
  )

describe("our own id of a sending", () => {
  it("names the request and the attempt, and is another one each time", () => {
    const attempt = ClientRequestId.ofAttempt(key(1), 2)
    assert.strictEqual(attempt, `${key(1).slice(3, 35)}-2`)
    const ids = Array.from({ length: 100 }, () => ClientRequestId.make(attempt, randomUUID()))
    assert.strictEqual(new Set(ids).size, 100)
    for (const id of ids) assert.match(id, /^[0-9a-f]{32}-2-[0-9a-f]{12}$/)
  })

  it("tells apart the samples of one request", () => {
    assert.notStrictEqual(
      ClientRequestId.ofAttempt(key(0), 0),
      ClientRequestId.ofAttempt(key(1), 0)
    )
  })

  it("is random where there is no attempt", () => {
    const uuid = randomUUID()
    assert.strictEqual(ClientRequestId.make(undefined, uuid), uuid)
  })

  it("takes no text of a caller into a header", () => {
    for (const own of [
      "",
      "k1:",
      "item 7",
      "k1:é",
      `${key(0).slice(0, 9)}\r\nx-evil: ${"0".repeat(60)}`,
      `x${key(0)}`
    ]) {
      assert.isUndefined(ClientRequestId.ofAttempt(RequestKey.RequestKey.make(own), 0), own)
    }
  })
})
