/** A request that says who it is gets the same answer however often, by whatever way and from whichever process it is sent. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as RequestKey from "spillway/checkpoint/RequestKey"
import * as HttpSimulator from "spillway/layers/simulator/HttpSimulator"
import * as Draw from "spillway/simulator/Draw"
import * as Simulator from "spillway/simulator/Simulator"
import * as ClientRequestId from "spillway/transport/ClientRequestId"
import { type account, chatBody, chatLine, HOUR, hourly } from "./batch/account.ts"
import { chat, jsonOf } from "./requests.ts"

const keyOf = (repeat: number) => {
  const request = { endpoint: "chat", body: chatBody("x"), model: "m", maxOutputTokens: 1 } as const
  return RequestKey.make("simulated:1", request, repeat)
}
const idOf = (repeat: number, attempt = 0) =>
  `${ClientRequestId.ofAttempt(keyOf(repeat), attempt)}-ab`

type Asked = { readonly choices: ReadonlyArray<{ readonly message: { readonly content: string } }> }
const textsOf = (body: Asked) => body.choices.map(({ message }) => message.content)

const say = (simulator: Simulator.Simulator, clientRequestId?: string, more: object = {}) =>
  textsOf(jsonOf(simulator.handle({ ...chat("Once more", more), clientRequestId }, 0))).join("\n")

describe("a request with a key", () => {
  it("is answered alike as often as it is sent, and billed each time", () => {
    const simulator = Simulator.make()
    const first = say(simulator, idOf(1))
    assert.notStrictEqual(say(simulator, idOf(0)), first)
    assert.strictEqual(say(simulator, idOf(1, 7)), first)
    assert.deepInclude(simulator.stats(), { billed: 3, contents: 1, contentsBilledAgain: 1 })
    assert.strictEqual(say(Simulator.make(), idOf(1)), first)
    assert.notStrictEqual(say(Simulator.make({ seed: 2 }), idOf(1)), first)
  })

  it("keeps all of its choices apart", () => {
    const texts = [0, 1].map((repeat) => say(Simulator.make(), idOf(repeat), { n: 3 }).split("\n"))
    assert.strictEqual(new Set(texts.flat()).size, 6)
  })

  it("has one answer at temperature 0, whatever its key", () => {
    const simulator = Simulator.make()
    const cold = (id?: string) => say(simulator, id, { temperature: 0 })
    assert.strictEqual(new Set([cold(), cold(idOf(0)), cold(idOf(1)), cold()]).size, 1)
  })

  it("does not change what others are answered, nor a header of another form", () => {
    const plain = (ids: ReadonlyArray<string | undefined>) => {
      const simulator = Simulator.make()
      return ids.map((id) => say(simulator, id))
    }
    const uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"
    const [first, second] = plain([undefined, undefined])
    assert.deepStrictEqual(plain([uuid, "my-own-id"]), [first, second])
    assert.strictEqual(plain([idOf(0), undefined])[1], second)
  })

  it("is answered alike as a line of a batch, done twice, and read again", () => {
    const key = keyOf(1).slice(3)
    const line = { ...chatLine(key), body: chatBody("Once more") }
    const answers = (one: ReturnType<typeof account>) => {
      const { id } = one.submit([line, { ...line, custom_id: keyOf(0).slice(3) }], 0)
      const file = one.batch(id, 2 * HOUR).output_file_id
      const read = () =>
        new Map(
          one.lines(file, 2 * HOUR).map((each) => [each.custom_id, textsOf(each.response?.body)])
        )
      assert.deepStrictEqual(read(), read())
      return read()
    }
    const one = hourly({ batch: { shelfBytes: 0 } })
    const asked = { ...chat("x"), body: line.body, clientRequestId: idOf(1) }
    const online = textsOf(jsonOf(one.simulator.handle(asked, 0)))
    assert.deepStrictEqual(answers(one).get(key), online)
    assert.deepStrictEqual(answers(one).get(key), online)
    assert.strictEqual(new Set([...answers(one).values()].flat()).size, 2)
  })

  it("is drawn by a number of which every choice has its own", () => {
    const most = Draw.ofClientRequestId(`${"f".repeat(32)}-0`) ?? Number.NaN
    assert.strictEqual(most, 2 ** 40 - 1)
    assert.isTrue(Number.isSafeInteger(most * 128 + 127))
    assert.strictEqual(Draw.ofCustomId("f".repeat(64)), most)
    for (const id of ["item-1", "f".repeat(63), "F".repeat(64)]) {
      assert.isUndefined(Draw.ofCustomId(id))
    }
    for (const id of [undefined, "", "f".repeat(64), `${"f".repeat(32)}-x`]) {
      assert.isUndefined(Draw.ofClientRequestId(id))
    }
  })

  it.live("is known by its header over HTTP", () =>
    Effect.gen(function* () {
      const ask = (url: string, id: string) =>
        Effect.promise(async () => {
          const answer = await fetch(`${url}/chat/completions`, {
            method: "POST",
            headers: { authorization: "Bearer sk-test", [ClientRequestId.HEADER]: id },
            body: JSON.stringify(chat("Once more").body)
          })
          return textsOf((await answer.json()) as Asked).join("\n")
        })
      const { url } = yield* HttpSimulator.make({ latency: 0 })
      assert.notStrictEqual(yield* ask(url, idOf(0)), yield* ask(url, idOf(1)))
      assert.strictEqual(yield* ask(url, idOf(1, 3)), say(Simulator.make(), idOf(1)))
    })
  )
})
