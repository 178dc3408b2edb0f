/**
 * The simulated provider as a transport within this process, on whatever `Clock` the program has: hours of traffic pass
 * in moments under `TestClock`. What it answers: `src/simulator/Simulator.ts`; the same behind a socket:
 * `layers/simulator/HttpSimulator.ts`. Its raw answers are read by the code that reads real ones.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { OpenAiError } from "../../src/error/OpenAiError.ts"
import { ConnectionFailed } from "../../src/error/OpenAiReason.ts"
import { bodyText, type Plan, type TimedText } from "../../src/simulator/Plan.ts"
import * as Simulator from "../../src/simulator/Simulator.ts"
import { parseBody } from "../../src/transport/ErrorBody.ts"
import {
  type ApiCall,
  type ApiResponse,
  OpenAiTransport,
  type SendHooks
} from "../../src/transport/OpenAiTransport.ts"
import type { ResponseHead } from "../../src/transport/ResponseHead.ts"
import * as ResponseReader from "../../src/transport/ResponseReader.ts"
import * as ServerSentEvents from "../../src/transport/ServerSentEvents.ts"

type Reply = Extract<Plan, { readonly _tag: "Reply" }>
type Sending<A> = Effect.Effect<ApiResponse<A>, OpenAiError>

/** The provider's time: Unix milliseconds that go forward evenly, whatever happens to the program's wall clock. */
interface ServerClock {
  readonly now: () => number
  readonly sleep: Clock.Clock["sleep"]
}

const monotonicMillis = (clock: Clock.Clock): number =>
  Number(clock.monotonicTimeNanosUnsafe()) / 1e6

/** A moment that has come costs neither timer nor fiber turn. */
const waitUntil = (clock: ServerClock, at: number): Effect.Effect<void> => {
  const wait = Math.ceil(at - clock.now())
  return wait > 0 ? clock.sleep(Duration.millis(wait)) : Effect.void
}

/** With somebody listening, the request asks for events, and for the usage that they leave out by default. */
const bodyOf = (call: ApiCall<unknown>, hooks: SendHooks | undefined): ApiCall<unknown>["body"] => {
  if (hooks?.onEvent === undefined || call.body === undefined) return call.body
  const usage = call.path === "/chat/completions" ? { stream_options: { include_usage: true } } : {}
  return { ...call.body, stream: true, ...usage }
}

const readStream = Effect.fnUntraced(function* <A>(
  clock: ServerClock,
  call: ApiCall<A>,
  head: ResponseHead,
  texts: ReadonlyArray<TimedText>,
  onEvent: SendHooks["onEvent"]
) {
  const fold = ServerSentEvents.make(head)
  let partial = false
  for (const { at, text } of texts) {
    yield* waitUntil(clock, at)
    for (const event of fold.push(text)) {
      if (onEvent === undefined) continue
      if (event.delta !== "") partial = true
      yield* onEvent(event)
    }
  }
  return yield* Effect.fromResult(ResponseReader.decode(call, fold.end(), head, partial))
})

const receive = Effect.fnUntraced(function* <A>(
  clock: ServerClock,
  call: ApiCall<A>,
  reply: Reply,
  hooks: SendHooks | undefined
) {
  const head = ResponseReader.makeHead(reply.status, reply.headers)
  const { payload } = reply
  yield* waitUntil(clock, reply.headAt)
  if (payload._tag === "Events") {
    hooks?.onHead?.(head)
    return yield* readStream(clock, call, head, payload.events, hooks?.onEvent)
  }
  const text = bodyText(payload)
  if (ResponseReader.isSuccess(head)) hooks?.onHead?.(head)
  else hooks?.onHead?.(head, { message: parseBody(text).message })
  yield* waitUntil(clock, reply.doneAt)
  return yield* Effect.fromResult(
    ResponseReader.read(call, text, head, yield* Clock.currentTimeMillis)
  )
})

const dropped = (operation: string): OpenAiError =>
  new OpenAiError({
    operation,
    reason: new ConnectionFailed({
      message: "The simulated provider broke the connection.",
      sent: true
    })
  })

const perform = <A>(
  clock: ServerClock,
  call: ApiCall<A>,
  plan: Plan,
  hooks: SendHooks | undefined
): Sending<A> => {
  if (plan._tag === "Hang") return Effect.never
  return plan._tag === "Reply"
    ? receive(clock, call, plan, hooks)
    : Effect.andThen(waitUntil(clock, plan.at), Effect.fail(dropped(call.operation)))
}

/**
 * The transport of one simulator, which may have others: they share its limits and its account.
 *
 * @param epoch the simulator's time, milliseconds, when the monotonic clock stood at 0; default: so that it agrees with
 *   the wall clock at the first sending
 */
export const fromSimulator = (
  simulator: Simulator.Simulator,
  epoch?: number
): OpenAiTransport["Service"] => {
  let origin = epoch
  const serverClock = (clock: Clock.Clock): ServerClock => {
    const start = origin ?? clock.currentTimeMillisUnsafe() - monotonicMillis(clock)
    origin = start
    return {
      now: () => start + monotonicMillis(clock),
      sleep: (duration) => clock.sleep(duration)
    }
  }
  return {
    provider: { id: `simulated:${simulator.seed}`, account: "simulated", simulated: true },
    send: Effect.fnUntraced(function* <A>(call: ApiCall<A>, hooks?: SendHooks) {
      const clock = serverClock(yield* Clock.Clock)
      hooks?.onSent?.()
      yield* waitUntil(clock, clock.now() + simulator.uplink())
      const { method, path } = call
      const body = bodyOf(call, hooks)
      const plan = simulator.handle({ method, path, body }, clock.now())
      return yield* perform(clock, call, plan, hooks)
    })
  }
}

/** The simulator's clock starts with the service. `simulator` answers what it has seen and billed. */
export const make = Effect.fnUntraced(function* (options: Simulator.SimulatorOptions = {}) {
  const clock = yield* Clock.Clock
  const startedAt = clock.currentTimeMillisUnsafe()
  const simulator = Simulator.make(options, startedAt)
  return { ...fromSimulator(simulator, startedAt - monotonicMillis(clock)), simulator }
})

export const layer = (options: Simulator.SimulatorOptions = {}): Layer.Layer<OpenAiTransport> =>
  Layer.effect(OpenAiTransport, make(options))
