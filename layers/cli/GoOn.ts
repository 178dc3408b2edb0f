/** How a person goes on with a run that stopped: the command to type, as they called this one. */
import { basename, relative } from "node:path"
import { Data, Runtime } from "effect"
import * as StoreConfig from "../../src/config/StoreConfig.ts"
import type { RunStopped } from "../../src/error/RunStopped.ts"
import { oneLine } from "../../src/report/PlainText.ts"
import { DEFAULT_STORE } from "./Flags.ts"
import type { Output } from "./ReportOutput.ts"
import type { RunSettings } from "./RunSettings.ts"

/** A store of SQLite's that ends with the process. */
const IN_MEMORY = ":memory:"

/** A run that stopped, with the way to go on with it. */
export class StoppedRun extends Data.TaggedError("StoppedRun")<{
  readonly stopped: RunStopped
  readonly goOn: string
  /** The report above has told the reason already. */
  readonly told: boolean
}> {
  override get message(): string {
    return this.told ? this.goOn : `${this.stopped.message}\n${this.goOn}`
  }
  override readonly [Runtime.errorExitCode]: number = this.stopped.exitCode
}

/** The program's name on this person's command line. */
const program = (): string => {
  const script = process.argv[1] ?? "spillway"
  switch (process.env.npm_lifecycle_event) {
    case "spillway":
    case "demo":
      return "npm run -s spillway --"
    case "npx":
      return "npx spillway"
    default:
      return script.endsWith(".ts")
        ? `node -C spillway-source ${quoted(relative(process.cwd(), script) || basename(script))}`
        : "spillway"
  }
}

/** One word of a POSIX shell; free of control characters, which no terminal should be made to paste. */
const quoted = (text: string): string => {
  const plain = oneLine(text)
  return /^[\w@%+=:,./-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", "'\\''")}'`
}

/** What must change before it can go on. */
const lead: Readonly<Record<RunStopped["why"], string>> = {
  billing: "Once the account has credit, go on with",
  "invalid-key": "With a key that is valid, go on with",
  "model-unavailable": "Once the model is there, go on with",
  budget: "With a higher cap, go on with",
  "hint-too-long": "Once the limit is over, go on with",
  outage: "Once the provider answers again, go on with",
  "too-many-failures": "Once the cause is mended, go on with",
  store: "Once the store can be written again, go on with",
  sink: "Once the results can be taken, go on with",
  batch: "Once the cause is mended, go on with",
  detached: "Collect the answers with",
  interrupted: "Go on with"
}

/** The flags that the settings of a run do not remember, and those that have to be others. */
const flags = (
  { leastCapUsd = 0, why }: RunStopped,
  { maxCost = 0 }: RunSettings
): ReadonlyArray<string> => {
  if (why === "too-many-failures") return ["--retry-failed"]
  if (why === "budget") return ["--max-cost", roundedUp(Math.max(2 * maxCost, 2 * leastCapUsd))]
  return []
}

/** To two digits: `0.0012`, `25`. */
const roundedUp = (usd: number): string => {
  const unit = 10 ** (Math.floor(Math.log10(usd)) - 1)
  return String(Number((Math.ceil(usd / unit - 1e-9) * unit).toPrecision(2)))
}

/** A run as its command knows it, and where its report went. */
interface Run extends Output {
  readonly name: string
  readonly store: string
  readonly settings: RunSettings
}

/** None where the same call finds the store without it. A password is shown to nobody. */
const storeFlag = (store: string): ReadonlyArray<string> =>
  store === DEFAULT_STORE || store === process.env.SPILLWAY_STORE
    ? []
    : ["--store", quoted(StoreConfig.shown(store))]

/** Table and error stand on one terminal. */
const seen = ({ json, quiet }: Output): boolean =>
  !quiet && json !== "-" && process.stdout.isTTY === true && process.stderr.isTTY === true

/** A command of this program as this person calls it. */
export const call = (words: ReadonlyArray<string>, store: string): string =>
  [program(), ...words.map(quoted), ...storeFlag(store)].join(" ")

/** @param left what becomes of batches meanwhile */
export const stoppedBatch = (
  stopped: RunStopped,
  left: string,
  run: { readonly name: string; readonly store: string; readonly maxCost?: number | undefined }
): StoppedRun => {
  const more = flags(stopped, {
    command: "batch",
    ...(run.maxCost ? { maxCost: run.maxCost } : {})
  })
  const next = call(["batch", "wait", run.name, ...more], run.store)
  return new StoppedRun({ stopped, told: false, goOn: `${left} ${lead[stopped.why]}: ${next}` })
}

/** What becomes of the batches of a run that somebody has interrupted. */
const aboutBatches = (
  { why }: RunStopped,
  { mode = "online", offline, whenStopped }: RunSettings
): string => {
  if (why !== "interrupted" || mode === "online" || offline === true) return ""
  return whenStopped === "cancel"
    ? "Its batches are being cancelled, as far as the provider could be reached. "
    : "Its batches go on at the provider. "
}

/** Scoring as it was called: nothing of it is remembered. */
interface Scoring extends Run {
  readonly scorers: ReadonlyArray<string>
  readonly file: string | undefined
  readonly maxCost: number | undefined
  readonly retryFailed: boolean
}

/** Of scoring that has to pay for verdicts: the same call again, which asks for what is not there. */
export const stoppedScoring = (stopped: RunStopped, run: Scoring): StoppedRun => {
  const { file, maxCost, name, retryFailed, scorers, settings, store } = run
  const more = flags(stopped, settings)
  const again = retryFailed && !more.includes("--retry-failed") ? ["--retry-failed"] : []
  const words = [
    ...["score", name, ...(file === undefined ? [] : [file])],
    ...scorers.flatMap((scorer) => ["--scorer", scorer]),
    ...(maxCost === undefined || stopped.why === "budget" ? [] : ["--max-cost", String(maxCost)]),
    ...again,
    ...more
  ]
  return new StoppedRun({
    ...{ stopped, told: seen(run) },
    goOn: `${lead[stopped.why]}: ${call(words, store)}`
  })
}

export const stoppedRun = (stopped: RunStopped, run: Run): StoppedRun => {
  const told = seen(run)
  if (run.store === IN_MEMORY) {
    return new StoppedRun({ stopped, told, goOn: `Its store was ${IN_MEMORY}: nothing is kept.` })
  }
  const words = [
    program(),
    run.settings.command,
    "--run",
    quoted(run.name),
    ...storeFlag(run.store),
    ...flags(stopped, run.settings)
  ]
  return new StoppedRun({
    ...{ stopped, told },
    goOn: `${aboutBatches(stopped, run.settings)}${lead[stopped.why]}: ${words.join(" ")}`
  })
}
