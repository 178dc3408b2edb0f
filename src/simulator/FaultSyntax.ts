/**
 * Faults as one line of text, for a command line: comma-separated entries such as
 * `5xx=2%,drop=1%,hang=0.5%@1m..2m,outage=30s..45s,billing@500`. Meaning: `Faults.ts`.
 */
import { Result, Schema } from "effect"
import {
  type Bound,
  type FaultKind,
  type Faults,
  faultKinds,
  none,
  type RatedFault,
  type Window
} from "./Faults.ts"

const examples = "5xx=2%, drop=1%@30s..2m, outage=30s..45s, outage_hang=1m..2m, billing@500, ramp"
const kinds = Object.keys(faultKinds) as Array<FaultKind>

/** Two names stand for two faults each, in equal parts. */
const aliases: Readonly<Record<string, ReadonlyArray<FaultKind>>> = {
  "5xx": ["500", "503"],
  drop: ["drop_before", "drop_after"]
}
export const faultNames: ReadonlyArray<string> = [
  ...Object.keys(aliases),
  ...kinds,
  "outage",
  "outage_hang",
  "billing",
  "invalid_key",
  "ramp"
]

/** The text names no fault, or gives one a value that it cannot have. */
export class FaultSyntaxError extends Schema.TaggedError<FaultSyntaxError>()("FaultSyntaxError", {
  /** The entry that could not be read. */
  part: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `Faults, at "${this.part}": ${this.problem} Names: ${faultNames.join(", ")}. Examples: ${examples}.`
  }
}

type Parsed<A> = Result.Result<A, string>

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

const duration = (text: string): Parsed<number> => {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text)
  return found === null
    ? Result.fail(`"${text}" is no duration; write it as 500ms, 30s, 2m or 1h.`)
    : Result.succeed(Number(found[1]) * (units[found[2] ?? ""] ?? 1))
}

const rate = (text: string): Parsed<number> => {
  const found = /^(\d+(?:\.\d+)?)(%?)$/.exec(text)
  const value = found === null ? Number.NaN : Number(found[1]) / (found[2] === "%" ? 100 : 1)
  return value >= 0 && value <= 1
    ? Result.succeed(value)
    : Result.fail(`"${text}" is no share; write it as 2% or 0.02, at most 100%.`)
}

const window = (text: string): Parsed<Window> => {
  const [start = "", end = "", ...more] = text.split("..")
  if (end === "" || more.length > 0) {
    return Result.fail(`"${text}" is no window; write it as 30s..45s, counted from the start.`)
  }
  return Result.flatMap(duration(start), (from) =>
    Result.flatMap(duration(end), (to) =>
      to > from
        ? Result.succeed({ from, to })
        : Result.fail(`"${text}" ends before it begins; the later time goes last.`)
    )
  )
}

const bound = (text: string): Parsed<Bound> => {
  if (/^\d+$/.test(text)) return Result.succeed({ _tag: "Requests", after: Number(text) })
  if (/^\$\d+(\.\d+)?$/.test(text)) {
    return Result.succeed({ _tag: "Cost", usd: Number(text.slice(1)) })
  }
  return Result.mapBoth(duration(text), {
    onSuccess: (atMs): Bound => ({ _tag: "Time", atMs }),
    onFailure: () =>
      `"${text}" is no bound; write a number of requests (500), a time (30s) or a cost ($2.50).`
  })
}

const rated = (name: string, value: string): Parsed<ReadonlyArray<RatedFault>> => {
  const [share = "", when] = value.split("@")
  const struck = aliases[name] ?? kinds.filter((kind) => kind === name)
  const during: Parsed<Window | undefined> =
    when === undefined ? Result.succeed(undefined) : window(when)
  return Result.flatMap(rate(share), (whole) =>
    Result.map(during, (seen) =>
      struck.map((kind) => ({ kind, rate: whole / struck.length, during: seen }))
    )
  )
}

const entry = (faults: Faults, part: string): Parsed<Faults> => {
  const [, name = "", mark = "", value = ""] = /^([a-z0-9_]+)(?:([=@])(.*))?$/.exec(part) ?? []
  if (!faultNames.includes(name)) return Result.fail("no fault has this name.")
  if (name === "ramp") {
    return mark === ""
      ? Result.succeed({ ...faults, ramp: true })
      : Result.fail('"ramp" takes no value.')
  }
  if (name === "billing" || name === "invalid_key") {
    const field = name === "billing" ? "billing" : "invalidKey"
    return mark === "@"
      ? Result.map(bound(value), (after) => ({ ...faults, [field]: after }))
      : Result.fail(`write it as ${name}@500, ${name}@30s or ${name}@$2.50.`)
  }
  if (mark !== "=") return Result.fail(`a value is missing; write ${name}=… .`)
  if (name === "outage" || name === "outage_hang") {
    const as = name === "outage" ? "503" : "hang"
    return Result.map(window(value), (during) => ({
      ...faults,
      outages: [...faults.outages, { during, as }]
    }))
  }
  return Result.map(rated(name, value), (more) => ({
    ...faults,
    rates: [...faults.rates, ...more]
  }))
}

/** Reads a line of faults; an empty line has none. Fails with the first entry that is wrong. */
export const parse = (text: string): Result.Result<Faults, FaultSyntaxError> => {
  let faults = none
  for (const part of text.split(",").map((piece) => piece.trim())) {
    if (part === "") continue
    const read = entry(faults, part)
    if (Result.isFailure(read)) {
      return Result.fail(new FaultSyntaxError({ part, problem: read.failure }))
    }
    faults = read.success
  }
  return Result.succeed(faults)
}
