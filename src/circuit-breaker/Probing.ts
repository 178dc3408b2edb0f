/**
 * How many probes may go while a circuit is half open. `BreakerMachine.ts` decides what their results mean.
 *
 * In an outage that hangs, a probe says nothing until its call times out, a minute or ten later. Were its place taken
 * until then, the end of the outage would go unnoticed as long. So a probe that has been out for `probePatience` is
 * *silent*: it gives its place to another, one at a time, no sooner than a `spacing` after the last probe. Its success
 * still counts, a model may well take a minute; its failure does not, because its silence has counted already, and it
 * tells of a time before the probes sent since.
 *
 * With the defaults, 3 probes and 2 s of patience, where calls that hang fail after 60 s (by their time limit, or because
 * somebody in between cuts them), a hung upstream has 60 / 2.5 + 3 = 27 probes at most, one every 2.5 s. Where none has
 * failed yet, they are taken to hang for as long as a call may take.
 */
import type { Probe, Rules } from "./BreakerState.ts"

export interface Probes {
  readonly probes: ReadonlyArray<Probe>
  /** When those were sent that have failed. */
  readonly failedAt: ReadonlyArray<number>
  /** When a probe succeeded last: who was silent then is lost, and holds nobody up. -Infinity: none has. */
  readonly heardAt: number
  /** After how long calls that hang have failed, if any has. */
  readonly hung: number | undefined
}

export const isSilent = (rules: Rules, probe: Probe, now: number): boolean =>
  now >= probe.at + rules.probePatience

interface Look {
  readonly fresh: number
  /** Some are silent, and nothing was heard since they were sent. */
  readonly unheard: boolean
  readonly lastAt: number
}

/** Silent probes out at once, as a multiple of `probes`: where calls hang for long, probes go less often. */
const MOST_SILENT = 8

/** Least time between two probes while others are silent. */
export const spacing = (rules: Rules, hung: number | undefined): number =>
  Math.max(
    rules.probePatience,
    Math.min(hung ?? rules.longest, rules.longest) / (MOST_SILENT * rules.probes)
  )

const look = (rules: Rules, { failedAt, heardAt, probes }: Probes, now: number): Look => {
  // A probe that fails at once makes no room for the next one at once.
  let fresh = failedAt.filter((at) => now < at + rules.probePatience).length
  let unheard = false
  let lastAt = Number.NEGATIVE_INFINITY
  for (const probe of probes) {
    if (!isSilent(rules, probe, now)) fresh++
    else if (probe.at >= heardAt) unheard = true
    lastAt = Math.max(lastAt, probe.at)
  }
  return { fresh, unheard, lastAt }
}

/** Probes that may go now. */
export const room = (rules: Rules, state: Probes, now: number): number => {
  const { fresh, lastAt, unheard } = look(rules, state, now)
  const free = Math.max(0, rules.probes - fresh)
  if (!unheard) return free
  return free > 0 && now >= lastAt + spacing(rules, state.hung) ? 1 : 0
}

/** When the passing of time next changes `room`; Infinity: never. */
export const nextRoom = (rules: Rules, state: Probes, now: number): number => {
  let next = Number.POSITIVE_INFINITY
  for (const at of [...state.probes.map((probe) => probe.at), ...state.failedAt])
    if (at + rules.probePatience > now) next = Math.min(next, at + rules.probePatience)
  const spaced = look(rules, state, now).lastAt + spacing(rules, state.hung)
  return spaced > now ? Math.min(next, spaced) : next
}
