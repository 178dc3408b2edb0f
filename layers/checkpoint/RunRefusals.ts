/** What every store says when it must not do what was asked, in the same words. */
import { StoreError } from "../../src/checkpoint/CheckpointStore.ts"

/** @param holder who has it, as `another process (pid 4711)` */
export const locked = (name: string, holder: string): StoreError =>
  new StoreError({
    reason: "locked",
    operation: "open",
    problem: `the run "${name}" is being worked on by ${holder}.`,
    fix: "Wait until that ends, or stop it; or start a run of another name."
  })

export const fenced = (run: { readonly id: string; readonly name: string }): StoreError =>
  new StoreError({
    reason: "fenced",
    operation: "append",
    problem: `the run "${run.name}" (${run.id}) was opened again or removed since this process opened it.`,
    fix: "Start the run again: it resumes from what the later writer saved."
  })

export const closed = (): StoreError =>
  new StoreError({
    reason: "failed",
    operation: "append",
    problem: "the run was closed before this was written.",
    fix: "Append while the scope that opened the run is open."
  })

export const unknownRun = (operation: string, run: string): StoreError =>
  new StoreError({
    reason: "unknown-run",
    operation,
    problem: `there is no run "${run}" in this store.`,
    fix: "List the runs (spillway runs) and use the id of one of them."
  })

export const noBlock = (seq: number): StoreError =>
  new StoreError({
    reason: "corrupt",
    operation: "finishedBlock",
    problem: `record ${seq} of the run is no block of items.`,
    fix: "Start the run again; if it persists, restore the store from a backup."
  })
