/**
 * The simulated provider behind a real HTTP server on this machine: any OpenAI client can talk to it. What it answers:
 * `src/simulator/Simulator.ts`; the same without a socket: `layers/transport/SimulatedOpenAiTransport.ts`.
 * `GET /_spillway/stats` tells what was seen and billed (`?contents=1`: and how often each request content).
 */
import * as Http from "node:http"
import { Clock, Context, Effect, Layer, Schema } from "effect"
import * as FaultSyntax from "../../src/simulator/FaultSyntax.ts"
import type { SimulatorStats } from "../../src/simulator/Ledger.ts"
import * as Simulator from "../../src/simulator/Simulator.ts"
import * as CatchUp from "./CatchUp.ts"
import { answerRequest } from "./HttpExchange.ts"

export interface HttpSimulatorOptions extends Simulator.SimulatorOptions {
  /**
   * 0 takes any free port. Default 0. The address is part of what Spillway's requests are known by: for the same answers
   * to a second run from its start, take the same port as well as the same seed.
   */
  readonly port?: number
  /** Address to listen on. Default `127.0.0.1`: nobody else can reach it. */
  readonly host?: string
}

/** The server could not listen. */
export class SimulatorNotStarted extends Schema.TaggedError<SimulatorNotStarted>()(
  "SimulatorNotStarted",
  {
    host: Schema.String,
    port: Schema.Int,
    problem: Schema.String,
    fix: Schema.String
  }
) {
  override get message(): string {
    return `Simulated provider on ${this.host}:${this.port}: ${this.problem} ${this.fix}`
  }
}

/** A simulated provider that is listening. */
export class HttpSimulator extends Context.Service<
  HttpSimulator,
  {
    /** The base URL for a client, as `http://127.0.0.1:8787/v1`. */
    readonly url: string
    readonly port: number
    readonly seed: number
    readonly stats: Effect.Effect<SimulatorStats>
    /** How often each request content was billed, by its hash. */
    readonly billedContents: Effect.Effect<Readonly<Record<string, number>>>
  }
>()("spillway/layers/simulator/HttpSimulator") {}

const problems: Readonly<Record<string, readonly [string, string]>> = {
  EADDRINUSE: [
    "the port is in use by another program.",
    "Choose another port with --port, or 0 for any that is free."
  ],
  EACCES: [
    "this user may not open the port.",
    "Choose a port above 1023 with --port, or 0 for any that is free."
  ],
  EADDRNOTAVAIL: [
    "this machine has no such address.",
    "Use 127.0.0.1, or an address of this machine."
  ]
}

const notStarted = (host: string, port: number, cause: NodeJS.ErrnoException) => {
  const [problem, fix] = problems[cause.code ?? ""] ?? [
    `${cause.message}.`,
    "Check host and port, or use port 0 for any that is free."
  ]
  return new SimulatorNotStarted({ host, port, problem, fix })
}

/** Enough for a test that opens thousands of connections at once; the system may allow fewer. */
const BACKLOG = 4_096

const listen = (server: Http.Server, host: string, port: number) =>
  Effect.callback<number, SimulatorNotStarted>((resume) => {
    const failed = (cause: NodeJS.ErrnoException) =>
      resume(Effect.fail(notStarted(host, port, cause)))
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      const problem = "there is no such port."
      const fix = "Choose one from 1 to 65535, or 0 for any that is free."
      return resume(
        Effect.fail(new SimulatorNotStarted({ host, port: Math.trunc(port) || 0, problem, fix }))
      )
    }
    server.once("error", failed)
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off("error", failed)
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

/** Ends every connection, whatever is under way on it. */
const close = (server: Http.Server) =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

/** Listens until the scope ends. */
export const make = Effect.fn("HttpSimulator.make")(function* (options: HttpSimulatorOptions = {}) {
  const { host = "127.0.0.1", port = 0 } = options
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const simulator = Simulator.make(options, now())
  const catchUp = CatchUp.make(simulator, now)
  const server = yield* Effect.acquireRelease(
    Effect.sync(() =>
      Http.createServer((request, response) =>
        answerRequest(simulator, catchUp, now, request, response)
      )
    ),
    close
  )
  // A request may take as long as it likes: hangs are part of the simulation.
  server.requestTimeout = 0
  server.headersTimeout = 60_000
  server.keepAliveTimeout = 65_000
  const listening = yield* listen(server, host, port)
  const name = host.includes(":") ? `[${host}]` : host
  const asOfNow = <A>(ask: (time: number) => A): Effect.Effect<A> =>
    Effect.callback((resume) => catchUp((time) => resume(Effect.succeed(ask(time)))))
  return HttpSimulator.of({
    url: `http://${name}:${listening}/v1`,
    port: listening,
    seed: simulator.seed,
    stats: asOfNow(simulator.stats),
    billedContents: asOfNow(simulator.billedContents)
  })
})

export const layer = (
  options: HttpSimulatorOptions = {}
): Layer.Layer<HttpSimulator, SimulatorNotStarted> => Layer.effect(HttpSimulator, make(options))

export interface ServeFlags extends Omit<HttpSimulatorOptions, "faults"> {
  /** As in `FaultSyntax.ts`: `5xx=2%,outage=30s..45s`. */
  readonly faults?: string
}

/** For a command line: the same from texts. */
export const fromFlags = Effect.fnUntraced(function* ({ faults = "", ...options }: ServeFlags) {
  return yield* make({ ...options, faults: yield* Effect.fromResult(FaultSyntax.parse(faults)) })
})
