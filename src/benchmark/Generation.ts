/**
 * All answers of a benchmark that is open: round after round, each an ordinary pass of `run/RunProcess.ts`, so that
 * conversations run in real time, by batches and in hybrid mode alike. The first round is the trials; a later one has
 * the next requests of those conversations that go on, and begins when the one before it has ended.
 */
import { Effect, type FileSystem, Stream } from "effect"
import type { StoreError } from "../checkpoint/CheckpointStore.ts"
import { RunStopped } from "../error/RunStopped.ts"
import type { Generate } from "../generate/Generate.ts"
import type { ModelCatalog } from "../model/ModelCatalog.ts"
import type { ActiveRun } from "../run/ActiveRun.ts"
import * as Blocks from "../run/Blocks.ts"
import type * as Delivery from "../run/Delivery.ts"
import * as RunProcess from "../run/RunProcess.ts"
import * as UnfinishedItems from "../run/UnfinishedItems.ts"
import * as Conversation from "./Conversation.ts"
import * as Conversations from "./Conversations.ts"
import type { DatasetError } from "./DatasetError.ts"
import type { Opened } from "./Opening.ts"

/** @param maxFailed share of the first requests; once more have failed than that, the run stops */
export const generate = Effect.fn("Generation.generate")(function* <Item, Answer>(
  { active, benchmark, provider, run, source, total, trials }: Opened<Item, Answer>,
  maxFailed: number | undefined
): Effect.fn.Return<
  void,
  DatasetError | StoreError | RunStopped,
  Generate | ModelCatalog | FileSystem.FileSystem
> {
  const count = countFailures(active, total, maxFailed)
  const blocks = yield* Blocks.make(active, "answered")
  const unfinished = UnfinishedItems.prepare(run, trials, active, provider, blocks)
  yield* RunProcess.process(run, active, unfinished, (group) =>
    Effect.andThen(count(group), Blocks.note(active, blocks, group))
  )
  for (let round = 1; round < Conversation.mostRequestsOf(benchmark); round++) {
    let asked = 0
    const requests = Conversations.round(
      benchmark,
      { ...source, journal: active.journal },
      round
    ).pipe(
      Stream.tap(() =>
        Effect.sync(() => {
          asked += 1
          active.counters.added += 1
        })
      )
    )
    yield* RunProcess.process(run, active, requests, count)
    if (asked === 0) return
  }
})

/** Once this many have failed no success of the others can help: the rest need not be paid for. */
const countFailures = (active: ActiveRun, total: number, maxFailed: number | undefined) => {
  let failed = 0
  return (group: ReadonlyArray<Delivery.Delivery<unknown, unknown>>) =>
    Effect.sync(() => {
      if (maxFailed === undefined) return
      for (const { _tag } of group) if (_tag === "Failed") failed += 1
      if (failed > maxFailed * total) active.stop(tooManyFailures(failed, total, maxFailed))
    })
}

const tooManyFailures = (failed: number, total: number, maxFailed: number) =>
  new RunStopped({
    why: "too-many-failures",
    detail: `${failed} of ${total} requests failed, more than the ${maxFailed * 100}% allowed. Mend the cause, then start the run again with its failed items (--retry-failed).`
  })
