/** The judge's flags, checked: every mistake is told with the flag's name and what it takes. */
import { parseArgs } from "node:util"
import type { ClientName } from "./Client.ts"
import { type ScenarioName, scenarioNames, type TierName, tierNames } from "./Scenario.ts"

export const clientNames: ReadonlyArray<ClientName> = [
  "spillway",
  "effect",
  "bottleneck",
  "p-queue",
  "static",
  "aimd"
]

/** Not on the virtual clock: each is a module of its own, `G7.ts` and so on, with flags of its own. */
export const separateNames = ["G7", "G11", "G12"] as const
type SeparateName = (typeof separateNames)[number]

export interface Judging {
  readonly _tag: "Judging"
  readonly scenarios: ReadonlyArray<ScenarioName>
  readonly tiers: ReadonlyArray<TierName>
  readonly clients: ReadonlyArray<ClientName>
  readonly seeds: ReadonlyArray<number>
  /** Virtual minutes. */
  readonly minutes: number
  /** Only forms of the scenario whose name contains this text. */
  readonly variant: string
  readonly json: boolean
}

export interface Separate {
  readonly _tag: "Separate"
  readonly name: SeparateName
  readonly json: boolean
  readonly rest: Readonly<Record<string, string>>
}

export class BadFlag extends Error {
  constructor(flag: string, problem: string) {
    super(`--${flag}: ${problem}`)
  }
}

/** For people. */
export const usage = `npm run -s bench:admission -- --scenario G1 --tier small --seeds 1-10 --client spillway --json

  --scenario  ${scenarioNames.join(", ")} or all (default); ${separateNames.join(", ")} run on the real clock
  --tier      ${tierNames.join(", ")} or all; default small
  --client    ${clientNames.join(", ")} or all; default spillway
  --seeds     one or a range; default 1
  --minutes   virtual minutes, 1 to 1440; default 20
  --variant   only forms of a scenario whose name contains this text
  --json      lines of JSON in place of a table`

const FLAGS = ["scenario", "tier", "seeds", "client", "minutes", "variant", "json"]

const oneOf = <A extends string>(
  flag: string,
  given: string,
  names: ReadonlyArray<A>
): ReadonlyArray<A> => {
  if (given === "all") return names
  const found = names.filter((name) => name === given)
  if (found.length === 0) {
    throw new BadFlag(flag, `"${given}" is none of ${names.join(", ")}, all.`)
  }
  return found
}

const MOST_SEEDS = 10_000

/** @throws BadFlag */
export const seedsOf = (given: string): ReadonlyArray<number> => {
  const [, from = "", to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(given) ?? []
  const [first, last] = [Number(from), Number(to)]
  if (from === "" || last < first || last - first >= MOST_SEEDS) {
    throw new BadFlag("seeds", `"${given}" is neither a seed (3) nor a range of seeds (1-10).`)
  }
  return Array.from({ length: last - first + 1 }, (_, at) => first + at)
}

/** @throws BadFlag */
export const whole = (flag: string, given: string): number => {
  const value = Number(given)
  if (Number.isInteger(value) && value >= 1) return value
  throw new BadFlag(flag, `"${given}" is no whole number from 1.`)
}

const minutesOf = (given: string): number => {
  const minutes = Number(given)
  if (!(minutes >= 1 && minutes <= 1_440)) {
    throw new BadFlag("minutes", `"${given}" is no number of virtual minutes from 1 to 1440.`)
  }
  return minutes
}

const text = (flag: string, value: string | boolean | undefined, otherwise: string): string => {
  if (value === undefined) return otherwise
  if (typeof value === "string" && value !== "") return value
  throw new BadFlag(flag, "needs a value.")
}

/** @throws BadFlag */
export const read = (args: ReadonlyArray<string>): Judging | Separate => {
  const options = Object.fromEntries(
    [...FLAGS, ...args.flatMap((arg) => /^--([a-z][\w-]*)/.exec(arg)?.[1] ?? [])].map((name) => [
      name,
      { type: name === "json" ? ("boolean" as const) : ("string" as const) }
    ])
  )
  const { positionals, values } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true
  })
  const [stray] = positionals
  if (stray !== undefined) throw new Error(`"${stray}" belongs to no flag.`)
  const given = values as Readonly<Record<string, string | boolean | undefined>>
  const json = given.json === true
  const scenario = text("scenario", given.scenario, "all")
  const separate = separateNames.find((name) => name === scenario)
  if (separate !== undefined) {
    const rest = Object.entries(given).filter(([name]) => name !== "json" && name !== "scenario")
    return {
      _tag: "Separate",
      name: separate,
      json,
      rest: Object.fromEntries(rest.map(([name, value]) => [name, text(name, value, "")]))
    }
  }
  const unknown = Object.keys(given).find((name) => !FLAGS.includes(name))
  if (unknown !== undefined)
    throw new BadFlag(unknown, `no such flag; there are ${FLAGS.join(", ")}.`)
  if (scenario !== "all" && !scenarioNames.some((name) => name === scenario)) {
    const names = [...scenarioNames, ...separateNames].join(", ")
    throw new BadFlag("scenario", `"${scenario}" is none of ${names}, all.`)
  }
  return {
    _tag: "Judging",
    scenarios: oneOf("scenario", scenario, scenarioNames),
    tiers: oneOf("tier", text("tier", given.tier, "small"), tierNames),
    clients: oneOf("client", text("client", given.client, "spillway"), clientNames),
    seeds: seedsOf(text("seeds", given.seeds, "1")),
    minutes: minutesOf(text("minutes", given.minutes, "20")),
    variant: text("variant", given.variant, ""),
    json
  }
}
