import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import type { Reservation } from "spillway/cost/Budget"
import { NanoUsd, zero } from "spillway/cost/Money"
import { RunStopped } from "spillway/error/RunStopped"
import * as MemoryBudget from "spillway/layers/cost/MemoryBudget"
import * as UnlimitedBudget from "spillway/layers/cost/UnlimitedBudget"
import { budgetContract, runOf } from "../contracts/BudgetContract.ts"

budgetContract("MemoryBudget", MemoryBudget.layer)
budgetContract("UnlimitedBudget", UnlimitedBudget.layer)

const stopped = new RunStopped({ why: "billing", detail: "no credit" })

/** Starts a reservation and lets it come as far as it can. */
const start = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.forkChild(effect, { startImmediately: true })

describe("A capped run", () => {
  it.effect("never has more spent and reserved than its cap, with 100 fibers at once", () =>
    Effect.gen(function* () {
      const budget = MemoryBudget.make()
      const run = runOf({ cap: 1_000 })
      let highest = 0
      const one = (n: number) =>
        Effect.gen(function* () {
          const held = yield* budget.reserve(run, NanoUsd(37), "m")
          const { spent, reserved } = yield* budget.position(run)
          highest = Math.max(highest, spent + reserved)
          yield* Effect.yieldNow
          held.settle(NanoUsd(n % 3 === 0 ? 0 : 20))
        })
      const exits = yield* Effect.forEach(
        Array.from({ length: 100 }, (_, n) => n),
        (n) => Effect.exit(one(n)),
        { concurrency: "unbounded" }
      )
      assert.isAtMost(highest, 1_000)
      const { spent, reserved } = yield* budget.position(run)
      // 66 of them would cost 1,320 in all: the cap is used up to less than one more worst case.
      assert.isTrue(spent <= 1_000 && spent > 1_000 - 37 && reserved === 0)
      assert.isTrue(exits.some(Exit.isFailure) && exits.some(Exit.isSuccess))
    })
  )

  it.effect("waits while what is outstanding can still free enough, in the order of asking", () =>
    Effect.gen(function* () {
      const budget = MemoryBudget.make()
      const run = runOf({ cap: 100 })
      const order: Array<string> = []
      const held = yield* budget.reserve(run, NanoUsd(90), "m")
      const ask = (name: string, worst: number) =>
        Effect.tap(budget.reserve(run, NanoUsd(worst), "m"), () =>
          Effect.sync(() => order.push(name))
        )
      const large = yield* start(ask("large", 80))
      const small = yield* start(ask("small", 5))
      assert.deepStrictEqual(order, [])
      held.settle(NanoUsd(10))
      yield* Fiber.join(large)
      yield* Fiber.join(small)
      assert.deepStrictEqual(order, ["large", "small"])
    })
  )

  it.effect("fails with what was spent once nothing outstanding can make room", () =>
    Effect.gen(function* () {
      const budget = MemoryBudget.make()
      const run = runOf({ cap: 100, spent: 40 })
      const held = yield* budget.reserve(run, NanoUsd(50), "m")
      const waiter = yield* start(Effect.flip(budget.reserve(run, NanoUsd(60), "m")))
      held.settle(NanoUsd(50))
      const error = yield* Fiber.join(waiter)
      assert.strictEqual(error._tag, "BudgetExceeded")
      assert.deepInclude(error, { cap: 100, spent: 90, worst: 60 })
    })
  )

  it.effect("refuses at once what exceeds the cap by itself", () =>
    Effect.gen(function* () {
      const budget = MemoryBudget.make()
      const run = runOf({ cap: 100 })
      yield* budget.reserve(run, NanoUsd(100), "m")
      const error = yield* Effect.flip(budget.reserve(run, NanoUsd(101), "m"))
      assert.strictEqual(error._tag, "BudgetExceeded")
    })
  )

  it.effect("lets a free request pass when all is spent to the last cent", () =>
    Effect.gen(function* () {
      const budget = MemoryBudget.make()
      const run = runOf({ cap: 100, spent: 100 })
      assert.strictEqual((yield* budget.reserve(run, zero, "m")).worst, 0)
    })
  )

  it.effect("ends every wait when the run stops", () =>
    Effect.gen(function* () {
      const budget = MemoryBudget.make()
      const run = runOf({ cap: 100 })
      yield* budget.reserve(run, NanoUsd(100), "m")
      const waiters = yield* Effect.forEach([1, 2, 3], () =>
        start(Effect.flip(budget.reserve(run, NanoUsd(10), "m")))
      )
      run.stop(stopped)
      for (const waiter of waiters) assert.strictEqual(yield* Fiber.join(waiter), stopped)
      assert.strictEqual(yield* Effect.flip(budget.reserve(run, NanoUsd(10), "m")), stopped)
    })
  )

  it.effect("ends only the waits of the model that stops", () =>
    Effect.gen(function* () {
      const budget = MemoryBudget.make()
      const run = runOf({ cap: 100 })
      const held = yield* budget.reserve(run, NanoUsd(100), "m")
      const gone = yield* start(Effect.flip(budget.reserve(run, NanoUsd(60), "gone")))
      const kept = yield* start(budget.reserve(run, NanoUsd(60), "kept"))
      run.stop(stopped, "gone")
      assert.strictEqual(yield* Fiber.join(gone), stopped)
      held.settle(zero)
      assert.strictEqual((yield* Fiber.join(kept)).worst, 60)
    })
  )

  it.effect("gives nothing away to a waiter that was interrupted", () =>
    Effect.gen(function* () {
      const budget = MemoryBudget.make()
      const run = runOf({ cap: 100 })
      const held = yield* budget.reserve(run, NanoUsd(100), "m")
      const first = yield* start(budget.reserve(run, NanoUsd(100), "m"))
      const second = yield* start(budget.reserve(run, NanoUsd(10), "m"))
      yield* Fiber.interrupt(first)
      held.settle(zero)
      yield* Fiber.join(second)
      assert.strictEqual((yield* budget.position(run)).reserved, 10)
    })
  )

  it.effect("takes the grant back from a waiter that is interrupted just as it is let in", () =>
    Effect.gen(function* () {
      const budget = MemoryBudget.make()
      const run = runOf({ cap: 100 })
      const held = yield* budget.reserve(run, NanoUsd(100), "m")
      let got: Reservation | undefined
      const waiter = yield* start(
        Effect.tap(budget.reserve(run, NanoUsd(100), "m"), (reservation) =>
          Effect.sync(() => {
            got = reservation
          })
        )
      )
      held.settle(zero)
      waiter.interruptUnsafe()
      yield* Fiber.await(waiter)
      // Either it had the reservation, which is then the caller's to settle, or nothing is left behind.
      assert.strictEqual((yield* budget.position(run)).reserved, got === undefined ? 0 : 100)
    })
  )

  it.effect(
    "does not overflow the stack when ten thousand waiters settle as soon as they are let in",
    () =>
      Effect.gen(function* () {
        const budget = MemoryBudget.make()
        const run = runOf({ cap: 10 })
        const held = yield* budget.reserve(run, NanoUsd(10), "m")
        const waiters = yield* Effect.forEach(Array.from({ length: 10_000 }), () =>
          start(
            Effect.map(budget.reserve(run, NanoUsd(10), "m"), (reservation) =>
              reservation.settle(zero)
            )
          )
        )
        held.settle(zero)
        yield* Fiber.joinAll(waiters)
        assert.deepStrictEqual(yield* budget.position(run), {
          spent: zero,
          reserved: zero,
          cap: NanoUsd(10)
        })
      })
  )
})
