/** How the latencies of each arm are spread: counted in steps of a tenth of a decade, so that memory does not grow. */
import type { ItemRecord } from "../../checkpoint/ItemRecord.ts"

/** Steps in a decade; from 1 millisecond, in 80 steps to about 28 hours. */
const STEPS = 10
const COUNT = 80

export interface Latencies {
  readonly arm: string
  readonly answers: number
  /** From the first step that has answers to the last: where it begins, in seconds, and the share of answers in it. */
  readonly steps: ReadonlyArray<{ readonly from: number; readonly share: number }>
}

const stepOf = (milliseconds: number): number =>
  Math.min(COUNT - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, milliseconds)) * STEPS)))

const startOf = (step: number): number => 10 ** (step / STEPS - 3)

/** Mutable; in the order in which arms are first met. As in reports: each trial that ended with an answer, shared ones too. */
export const make = () => {
  const counts = new Map<string, Array<number>>()
  const add = ({ trials }: Pick<ItemRecord, "trials">): void => {
    for (const { arm, latencyMs } of trials) {
      if (latencyMs === undefined) continue
      const steps = counts.get(arm) ?? new Array<number>(COUNT).fill(0)
      counts.set(arm, steps)
      const step = stepOf(latencyMs)
      steps[step] = (steps[step] ?? 0) + 1
    }
  }
  const all = (): ReadonlyArray<Latencies> =>
    [...counts].map(([arm, steps]) => {
      const answers = steps.reduce((sum, count) => sum + count, 0)
      const first = steps.findIndex((count) => count > 0)
      const last = steps.findLastIndex((count) => count > 0)
      return {
        arm,
        answers,
        steps: steps
          .slice(first, last + 1)
          .map((count, index) => ({ from: startOf(first + index), share: count / answers }))
      }
    })
  return { add, all }
}
