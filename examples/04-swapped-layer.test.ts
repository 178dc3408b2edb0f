/** The program of example 04 under test: the provider says what the test says, and time is virtual. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { answer, layer, refuse, runToEnd, ScriptedCalls, status } from "spillway/testing"
import { headline } from "./headline.ts"

it.effect("gives the model's headline without the spaces around it", () =>
  Effect.gen(function* () {
    assert.strictEqual(yield* headline("An article."), "Water at last")
  }).pipe(Effect.provide(layer([answer(" Water at last\n")])))
)

it.effect("gives a stand-in where the model refuses", () =>
  Effect.gen(function* () {
    assert.strictEqual(yield* headline("An article."), "(no headline)")
  }).pipe(Effect.provide(layer([refuse("I cannot help with that.")])))
)

it.effect("survives a provider that is overloaded for a moment", () =>
  runToEnd(
    Effect.gen(function* () {
      assert.strictEqual(yield* headline("An article."), "Water at last")
      const calls = yield* ScriptedCalls.use((scripted) => scripted.all)
      assert.strictEqual(calls.length, 2)
    }).pipe(Effect.provide(layer([status(503), answer("Water at last")])))
  )
)
