/** A run's result as one line of a table for people. As JSON it has all its figures. */
import type { Outcome } from "./Outcome.ts"

interface Column {
  readonly title: string
  readonly width: number
  readonly show: (outcome: Outcome) => string
}

const percent = (share: number): string => `${(100 * share).toFixed(2)}%`

const left = (title: string, width: number, show: Column["show"]): Column => ({
  title: title.padEnd(width),
  width,
  show: (outcome) => show(outcome).padEnd(width)
})
const right = (title: string, width: number, show: Column["show"]): Column => ({
  title: title.padStart(width),
  width,
  show: (outcome) => show(outcome).padStart(width)
})

const columns: ReadonlyArray<Column> = [
  left("", 3, ({ scenario }) => scenario),
  left("variant", 15, ({ variant }) => variant),
  left("tier", 5, ({ tier }) => tier),
  left("client", 10, ({ client }) => client),
  right("seed", 4, ({ seed }) => String(seed)),
  right("quota used", 10, ({ utilisation }) => percent(utilisation)),
  right("sent", 7, ({ sent }) => String(sent)),
  right("429s", 6, ({ rateLimited }) => String(rateLimited)),
  right("share", 7, ({ rateLimitedShare }) => percent(rateLimitedShare)),
  right("avoidable", 9, ({ avoidable429 }) => String(avoidable429 ?? "-")),
  right("att./succ.", 10, ({ attemptsPerSuccess }) => attemptsPerSuccess?.toFixed(3) ?? "-"),
  right("lost", 5, ({ lost }) => String(lost)),
  left("verdict", 7, ({ missed, pass }) => (pass ? "pass" : `missed: ${missed.join("; ")}`))
]

export const header = columns.map(({ title }) => title).join("  ")

export const row = (outcome: Outcome): string => columns.map(({ show }) => show(outcome)).join("  ")
