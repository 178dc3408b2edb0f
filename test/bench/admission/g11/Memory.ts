/**
 * How the process's resident memory goes while items are done. The first 5% are the warm-up: connections, compiled code
 * and the queues at their full length. From then on it is looked at after every percent, garbage collected first, so
 * that little but what is kept is seen; what is kept exactly, and the peak with all garbage, are told beside it.
 */

const WARM_UP = 0.05
const LOOKS = 100

/** In MB, less what there was when the warm-up was over. */
export interface Course {
  /** Resident, the most of all looks. */
  readonly growth: number
  /** Resident, the most at any moment, as the operating system saw it. */
  readonly peakGrowth: number
  /** What lives on the heap and in buffers, the most of all looks. */
  readonly keptGrowth: number
}

export interface Memory {
  /** So many more items are done. */
  readonly done: (items: number) => void
  readonly course: () => Course
}

const MB = 1024 * 1024

export const make = (items: number): Memory => {
  const collect = globalThis.gc
  if (collect === undefined) throw new Error("Start Node with --expose-gc")
  const look = () => {
    collect()
    const { external, heapUsed, rss } = process.memoryUsage()
    return { rss, kept: heapUsed + external, peak: process.resourceUsage().maxRSS * 1024 }
  }
  let count = 0
  let nextLook = items * WARM_UP
  let warm: ReturnType<typeof look> | undefined
  let mostRss = 0
  let mostKept = 0
  return {
    done: (more) => {
      count += more
      if (count < nextLook) return
      nextLook = count + items / LOOKS
      const seen = look()
      warm ??= seen
      mostRss = Math.max(mostRss, seen.rss)
      mostKept = Math.max(mostKept, seen.kept)
    },
    course: () => {
      const last = look()
      const first = warm ?? last
      return {
        growth: (Math.max(mostRss, last.rss) - first.rss) / MB,
        peakGrowth: (last.peak - first.peak) / MB,
        keptGrowth: (Math.max(mostKept, last.kept) - first.kept) / MB
      }
    }
  }
}
