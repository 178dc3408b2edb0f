/**
 * The command line as a user meets it: a process of its own, what it prints, and its exit code. Every process is the
 * head of a group that the end of the test's scope kills, so that nothing outlives a test that fails.
 */
import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { it, type Vitest } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { TestContext } from "vitest"

/**
 * A test with real processes and a real clock. Those of a file run side by side, because each waits most of its time for
 * processes to start.
 */
export const test = <A, E>(
  name: string,
  self: Vitest.TestFunction<A, E, Scope.Scope, [TestContext]>
): void => it.live(name, self, { concurrent: true, timeout: 60_000 })

export const project = resolve(import.meta.dirname, "../..")
export const bin = join(project, "layers/cli/bin.ts")
/** What `Build.ts` made of it for this run of the tests; without one, as in the benchmarks, the source itself. */
const built = process.env.SPILLWAY_TEST_CLI ?? bin
export const gsm8k = join(project, "examples/03-gsm8k.ts")
export const fixture = (name: string): string => join(import.meta.dirname, "fixtures", name)

/** A folder of the test's own. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(join(tmpdir(), "spillway-cli-"))),
  (path) => Effect.sync(() => fs.rmSync(path, { recursive: true, force: true }))
)

export interface Options {
  /** The working directory. Default: the project's. */
  readonly cwd?: string
  /** Added to an environment without a key. */
  readonly env?: Readonly<Record<string, string>>
  /** Run as this user, where the test itself is root. */
  readonly uid?: number
}

export interface Result {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly pid: number
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** Waits until the text has come, on either stream; fails where the process ends without it. */
  readonly says: (text: RegExp) => Effect.Effect<RegExpMatchArray>
  readonly end: Effect.Effect<Result>
}

/** Nothing of the machine's own settings reaches a test. */
const cleanEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(OPENAI_|SPILLWAY_|npm_|HTTPS?_PROXY|https?_proxy|NO_COLOR|FORCE_COLOR)/.test(name)
    )
  )

const killGroup = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It has just ended.
  }
}

const watch = (child: ChildProcess): Running => {
  let out = ""
  let err = ""
  let result: Result | undefined
  const listeners = new Set<() => void>()
  const changed = () => {
    for (const listener of [...listeners]) listener()
  }
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    out += text
    changed()
  })
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    err += text
    changed()
  })
  child.on("close", (code, signal) => {
    result = { code, signal, out, err }
    changed()
  })
  /** Asks now and at every change until there is an answer. */
  const until = <A>(ask: () => Effect.Effect<A> | undefined): Effect.Effect<A> =>
    Effect.callback<A>((resume) => {
      const look = () => {
        const answer = ask()
        if (answer === undefined) return
        listeners.delete(look)
        resume(answer)
      }
      listeners.add(look)
      look()
      return Effect.sync(() => listeners.delete(look))
    })
  return {
    pid: child.pid ?? 0,
    kill: (signal) => Effect.sync(() => child.kill(signal)),
    says: (text) =>
      until(() => {
        const found = out.match(text) ?? err.match(text)
        if (found !== null) return Effect.succeed(found)
        return result === undefined
          ? undefined
          : Effect.die(new Error(`It ended (${result.code}) without ${text}:\n${out}\n${err}`))
      }),
    end: until(() => (result === undefined ? undefined : Effect.succeed(result)))
  }
}

/** Starts any program in a process group of its own. */
export const startProgram = (file: string, args: ReadonlyArray<string>, options: Options = {}) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() =>
        spawn(file, args, {
          cwd: options.cwd ?? project,
          env: { ...cleanEnvironment(), ...options.env },
          stdio: ["ignore", "pipe", "pipe"],
          detached: true,
          ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid })
        })
      ),
      (child) => Effect.sync(() => killGroup(child, "SIGKILL"))
    ),
    watch
  )

export const start = (args: ReadonlyArray<string>, options?: Options) =>
  startProgram(process.execPath, ["-C", "spillway-source", built, ...args], options)

/** Runs it to its end. */
export const cli = (args: ReadonlyArray<string>, options?: Options): Effect.Effect<Result> =>
  Effect.scoped(Effect.flatMap(start(args, options), (running) => running.end))

/** A call of the command line as one text without quoting. */
export const spillway = (line: string, options?: Options): Effect.Effect<Result> =>
  cli(line.split(" "), options)

export const readJson = <A>(path: string): A => JSON.parse(fs.readFileSync(path, "utf8")) as A
