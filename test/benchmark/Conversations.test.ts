import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Schema, Stream } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import * as ToolResults from "spillway/benchmark/ToolResults"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import type { ToolCall } from "spillway/request/ModelResponse"
import * as FakeGenerate from "./FakeGenerate.ts"
import { answer } from "./responses.ts"

const guesses = (
  numbers: ReadonlyArray<number>,
  more: Partial<Benchmark.Definition<number>> = {}
) =>
  Benchmark.make({
    name: "guesses",
    item: Schema.Finite,
    dataset: Dataset.array(numbers),
    prompt: (number) => `guess ${number % 10}`,
    // Goes on until the guess is right.
    next: (number, turns) => {
      const last = turns.at(-1)?.text
      return last === String(number) ? undefined : `not ${last}, try ${number}: ${turns.length}`
    },
    target: String,
    scorers: [Scorer.exactMatch],
    noAnswer: "wrong",
    request: { model: "gpt-6-luna", system: "Play.", maxOutputTokens: 100 },
    ...more
  })

/** Guesses right after so many turns. */
const player =
  (turns: (number: number) => number) =>
  (prompt: string): FakeGenerate.Reply => {
    const told = prompt.match(/try (\d+): (\d+)$/)
    if (told === null) return answer("wrong0")
    const [, number = "", turn = ""] = told
    return answer(Number(turn) >= turns(Number(number)) ? number : `wrong${turn}`)
  }

/** Of `{ a, b }`, as a model would write it. */
const sumOf = (args: unknown): number => {
  const { a, b } = Schema.decodeUnknownSync(Schema.Struct({ a: Schema.Int, b: Schema.Int }))(args)
  return a + b
}

const world = Layer.mergeAll(
  MemoryCheckpointStore.layer,
  BuiltInModelCatalog.layer,
  FileSystem.layerNoop({})
)

const results = (name: string) =>
  Effect.gen(function* () {
    const store = yield* CheckpointStore
    const run = yield* store.find(name)
    return yield* Stream.runCollect(store.results(run._tag === "Some" ? run.value.id : ""))
  })

describe("a benchmark of conversations", () => {
  it.effect("asks on until the benchmark is content, with all that was said before", () =>
    Effect.gen(function* () {
      const bodies: Array<unknown> = []
      const play = player((number) => number)
      const report = yield* BenchmarkRun.execute(guesses([1, 2, 3])).pipe(
        Effect.provide(
          FakeGenerate.layer((prompt, { request }) => {
            bodies.push(request.body.messages)
            return play(prompt)
          })
        )
      )
      // Three first turns, and then 1, 2 and 3 more.
      assert.deepInclude(report.requests, { items: 3, answered: 3, sent: 9 })
      assert.strictEqual(report.arms[0]?.score.mean, 1)
      assert.deepStrictEqual(bodies.at(-1), [
        { role: "system", content: "Play." },
        { role: "user", content: "guess 3" },
        { role: "assistant", content: "wrong0" },
        { role: "user", content: "not wrong0, try 3: 1" },
        { role: "assistant", content: "wrong1" },
        { role: "user", content: "not wrong1, try 3: 2" },
        { role: "assistant", content: "wrong2" },
        { role: "user", content: "not wrong2, try 3: 3" }
      ])
    }).pipe(Effect.provide(world))
  )

  it.effect("counts tokens and cost of all turns, and keeps the keys of all", () =>
    Effect.gen(function* () {
      const report = yield* BenchmarkRun.execute(guesses([2])).pipe(
        Effect.provide(FakeGenerate.layer(player(() => 2)))
      )
      assert.strictEqual(report.costUsd, 0.00006)
      assert.strictEqual(report.arms[0]?.costUsd, 0.00006)
      assert.strictEqual(report.usage.inputTokens, 300)
      const [item] = yield* results("guesses")
      const [trial] = item?.trials ?? []
      assert.deepInclude(trial, {
        end: "scored",
        inputTokens: 300,
        outputTokens: 60,
        cost: 60_000,
        latencyMs: 3_000
      })
      assert.strictEqual(new Set(trial?.keys).size, 3)
      assert.deepStrictEqual(item?.prompts, [
        {
          variant: "",
          messages: [
            { role: "system", text: "Play." },
            { role: "user", text: "guess 2" }
          ]
        }
      ])
    }).pipe(Effect.provide(world))
  )

  it.effect("stopped in the middle goes on there: nothing is paid twice", () =>
    Effect.gen(function* () {
      const sent: Array<string> = []
      const run = (stopAfter?: number) =>
        BenchmarkRun.execute(guesses([1, 2, 3, 4])).pipe(
          Effect.provide(
            FakeGenerate.layer(
              player((number) => number),
              { sent, ...(stopAfter === undefined ? {} : { stopAfter }) }
            )
          )
        )
      const whole = yield* run().pipe(Effect.provide(Layer.fresh(world)))
      const once = [...sent].sort()
      sent.length = 0
      for (let stops = 0; stops < 3; stops++) {
        const stopped = yield* Effect.flip(run(4))
        assert.strictEqual(stopped._tag, "BenchmarkStopped")
      }
      const finished = yield* run()
      assert.deepStrictEqual([...sent].sort(), once)
      assert.isTrue(finished.complete)
      const { sent: _, fromStore: __, ...requests } = whole.requests
      assert.deepInclude(finished.requests, requests)
      assert.deepStrictEqual(
        finished.arms.map(({ score, costUsd }) => [score, costUsd]),
        whole.arms.map(({ score, costUsd }) => [score, costUsd])
      )
    }).pipe(Effect.provide(world))
  )

  it.effect(
    "counts an answer of a conversation that a stop cut off to its cost, not to its score",
    () =>
      Effect.gen(function* () {
        const stopped = yield* BenchmarkRun.execute(guesses([5])).pipe(
          Effect.provide(
            FakeGenerate.layer(
              player(() => 5),
              { stopAfter: 2 }
            )
          ),
          Effect.flip
        )
        if (stopped._tag !== "BenchmarkStopped") return assert.fail(stopped._tag)
        assert.deepInclude(stopped.report.requests, { items: 1, missing: 1, answered: 0 })
        assert.strictEqual(stopped.report.costUsd, 0.00004)
      }).pipe(Effect.provide(world))
  )

  it.effect("keeps repeats apart in every turn, and gives them their own answers again", () =>
    Effect.gen(function* () {
      let nth = 0
      const run = () =>
        BenchmarkRun.execute(guesses([7, 17, 27]), { repeats: 2 }).pipe(
          Effect.provide(
            // Equal words from every first turn: the second requests of the repeats are equal.
            FakeGenerate.layer((prompt) =>
              prompt.startsWith("guess") ? answer("no") : answer(nth++ % 2 === 0 ? "7" : "27")
            )
          )
        )
      const first = yield* run()
      const items = yield* results("guesses")
      const keys = items.flatMap(({ trials }) => trials.flatMap((trial) => trial.keys))
      assert.strictEqual(new Set(keys).size, keys.length)
      const again = yield* run()
      assert.strictEqual(again.requests.sent, 0)
      assert.deepStrictEqual(again.arms, first.arms)
      assert.deepStrictEqual(yield* results("guesses"), items)
    }).pipe(Effect.provide(world))
  )

  it.effect("shares equal conversations with dedupe, and only those", () =>
    Effect.gen(function* () {
      const sent: Array<string> = []
      // 3 and 13 begin alike and are told different things; the two 3s are one.
      const report = yield* BenchmarkRun.execute(guesses([3, 3, 13]), { dedupe: true }).pipe(
        Effect.provide(
          FakeGenerate.layer(
            player(() => 1),
            { sent }
          )
        )
      )
      assert.deepStrictEqual(sent, [
        "gpt-6-luna guess 3",
        "gpt-6-luna not wrong0, try 3: 1",
        "gpt-6-luna not wrong0, try 13: 1"
      ])
      assert.strictEqual(report.costUsd, 0.00006)
      assert.strictEqual(report.arms[0]?.score.mean, 1)
    }).pipe(Effect.provide(world))
  )

  it.effect("ends where the model does not answer, or its request fails", () =>
    Effect.gen(function* () {
      const play = player(() => 2)
      const report = yield* BenchmarkRun.execute(guesses([1, 2, 3])).pipe(
        Effect.provide(
          FakeGenerate.layer((prompt) => {
            if (prompt.endsWith("try 1: 1")) return answer("", { refusal: "Enough." })
            return prompt.endsWith("try 2: 1") ? FakeGenerate.failure("ServerError") : play(prompt)
          })
        )
      )
      assert.deepInclude(report.requests, { answered: 1, noAnswer: 1, failed: 1, sent: 7 })
      // Three turns, two turns, and the one before the failure.
      assert.strictEqual(report.costUsd, 0.00012)
    }).pipe(Effect.provide(world))
  )

  it.effect("has at most so many turns, and is scored as it is then", () =>
    Effect.gen(function* () {
      const never = player(() => Number.POSITIVE_INFINITY)
      const sentWith = (maxTurns?: number) =>
        Effect.map(
          BenchmarkRun.execute(guesses([1], { name: `most ${maxTurns}`, maxTurns }), {
            fresh: true
          }).pipe(Effect.provide(FakeGenerate.layer(never))),
          ({ arms, requests }) => [requests.sent, arms[0]?.scored, arms[0]?.wrong]
        )
      assert.deepStrictEqual(yield* sentWith(3), [3, 1, 1])
      assert.deepStrictEqual(yield* sentWith(), [10, 1, 1])
      const error = yield* Effect.flip(sentWith(101))
      assert.include(error.message, "`maxTurns` must be a whole number from 1 to 100")
    }).pipe(Effect.provide(world))
  )

  it.effect("fails alone where `next` throws or gives no prompt, and says so", () =>
    Effect.gen(function* () {
      const broken = guesses([1, 2, 3, 4], {
        next: (number, turns) => {
          if (number === 1) throw new RangeError("no more")
          if (number === 2) {
            // Were it left alone, its rejection would end the process.
            const promised: unknown = Promise.reject(new Error("later"))
            return promised as string
          }
          if (number === 4) return 7 as unknown as string
          return turns.length === 1 ? "try 3: 1" : undefined
        }
      })
      const report = yield* BenchmarkRun.execute(broken).pipe(
        Effect.provide(FakeGenerate.layer(player(() => 1)))
      )
      assert.deepInclude(report.requests, { answered: 1, failed: 3, sent: 5 })
      assert.deepStrictEqual(
        report.failures.map(({ reason, items }) => [reason, items]),
        [["ConversationUnusable", 3]]
      )
      const messages = (yield* results("guesses")).map(({ trials }) => trials[0]?.failure?.message)
      assert.deepStrictEqual(messages, [
        "The benchmark's `next` threw RangeError after turn 1.",
        "The benchmark's `next` returned a promise instead of a prompt after turn 1.",
        undefined,
        "The benchmark's `next` did not return a prompt or undefined after turn 1."
      ])
    }).pipe(Effect.provide(world))
  )

  it.effect("takes parts for a request of its own, without what was said before", () =>
    Effect.gen(function* () {
      const bodies: Array<unknown> = []
      const critic = guesses([4], {
        next: (_, [first, second]) =>
          second === undefined
            ? { prompt: `Is ${first.text} right?`, maxOutputTokens: 5 }
            : undefined
      })
      const report = yield* BenchmarkRun.execute(critic).pipe(
        Effect.provide(
          FakeGenerate.layer((_, { request }) => {
            bodies.push([request.body.messages, request.body.max_completion_tokens])
            return answer("4")
          })
        )
      )
      assert.deepStrictEqual(bodies[1], [
        [
          { role: "system", content: "Play." },
          { role: "user", content: "Is 4 right?" }
        ],
        5
      ])
      assert.strictEqual(report.arms[0]?.score.mean, 1)
    }).pipe(Effect.provide(world))
  )

  it.effect("answers calls of tools, and scorers see the whole of it", () =>
    Effect.gen(function* () {
      const bodies: Array<unknown> = []
      const call = { id: "call_1", name: "add", arguments: '{"a":2,"b":2}' }
      const seen: Array<unknown> = []
      const withTool = guesses([4], {
        request: {
          model: "gpt-6-luna",
          tools: [{ name: "add", parameters: { type: "object", properties: {} } }]
        },
        next: (_, turns) => ToolResults.of(turns, { add: (args) => String(sumOf(args)) }),
        scorers: [
          Scorer.custom("called", 1, ({ turns, text, target, messages }) => {
            seen.push(messages, ...turns.map(({ response }) => response.toolCalls))
            return text === target && turns[0]?.response.toolCalls[0]?.name === "add"
          })
        ]
      })
      const report = yield* BenchmarkRun.execute(withTool).pipe(
        Effect.provide(
          FakeGenerate.layer((prompt, { request }) => {
            bodies.push(request.body.messages)
            return prompt === "4"
              ? answer("4")
              : answer("", { toolCalls: [call], finishReason: "tool_calls" })
          })
        )
      )
      assert.strictEqual(report.arms[0]?.score.mean, 1)
      assert.deepStrictEqual(seen, [[{ role: "user", text: "guess 4" }], [call], []])
      assert.deepStrictEqual(bodies[1], [
        { role: "user", content: "guess 4" },
        {
          role: "assistant",
          tool_calls: [
            {
              id: "call_1",
              type: "function",
              function: { name: "add", arguments: '{"a":2,"b":2}' }
            }
          ]
        },
        { role: "tool", tool_call_id: "call_1", content: "4" }
      ])
    }).pipe(Effect.provide(world))
  )
})

describe("results of tools", () => {
  const results = (...toolCalls: ReadonlyArray<ToolCall>) => {
    const response = answer("", { toolCalls })
    const tools = {
      add: (args: unknown) => String(sumOf(args)),
      fail: () => {
        throw new RangeError("out of range")
      }
    }
    return ToolResults.of([{ text: "", response }], tools)?.map((message) => message.content)
  }
  const call = (name: string, args: string) => ({ id: "c", name, arguments: args })

  it("answer every call, and tell the model what it did wrong", () => {
    assert.deepStrictEqual(
      results(
        call("add", '{"a":1,"b":2}'),
        call("fail", "{}"),
        call("add", '{"a":'),
        call("constructor", "{}")
      ),
      [
        "3",
        "Error: out of range",
        "Error: the arguments are not JSON.",
        "Error: there is no such tool."
      ]
    )
    assert.match(String(results(call("add", '{"a":"x","b":2}'))?.[0]), /^Error: .*x/)
  })

  it("are none where nothing was called", () => {
    assert.isUndefined(results())
    assert.isUndefined(ToolResults.of([], {}))
  })
})
