/**
 * The simulated provider as a transport within this process, on whatever `Clock` the program has: hours of traffic pass
 * in moments under `TestClock`. What it answers: `src/simulator/Simulator.ts`; the same behind a socket:
 * `layers/simulator/HttpSimulator.ts`. Its raw answers are read by the code that reads real ones.
 */
import { Clock, Duration, Effect, Layer, Stream } from "effect"
import { OpenAiError } from "../../src/error/OpenAiError.ts"
import { ConnectionFailed } from "../../src/error/OpenAiReason.ts"
import { bodyText, type Payload, type Plan, type TimedText } from "../../src/simulator/Plan.ts"
import * as Simulator from "../../src/simulator/Simulator.ts"
import { parseBody } from "../../src/transport/ErrorBody.ts"
import * as Files from "../../src/transport/Files.ts"
import {
  type ApiCall,
  type FileUpload,
  OpenAiTransport,
  type SendHooks
} from "../../src/transport/OpenAiTransport.ts"
import type { ResponseHead } from "../../src/transport/ResponseHead.ts"
import * as ResponseReader from "../../src/transport/ResponseReader.ts"
import * as ServerSentEvents from "../../src/transport/ServerSentEvents.ts"
import * as UploadContent from "../../src/transport/UploadContent.ts"

type Reply = Extract<Plan, { readonly _tag: "Reply" }>

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

const dropped = (operation: string, head?: ResponseHead): OpenAiError =>
  new OpenAiError({
    operation,
    reason: new ConnectionFailed({
      message: "The simulated provider broke the connection.",
      sent: true
    }),
    ...(head === undefined ? {} : { head })
  })

/** The reply, once it is decided that there is one. */
const replied = (
  clock: ServerClock,
  operation: string,
  plan: Plan
): Effect.Effect<Reply, OpenAiError> => {
  if (plan._tag === "Reply") return Effect.succeed(plan)
  if (plan._tag === "Hang") return Effect.never
  return Effect.andThen(waitUntil(clock, plan.at), Effect.fail(dropped(operation)))
}

/** The form as the simulator takes it. It keeps the bytes of a file anyway, so they are put together here. */
const collect = Effect.fnUntraced(function* <E, R>(file: FileUpload<E, R>) {
  const bytes = yield* Stream.mkUint8Array(UploadContent.counted(file))
  const { expiresAfter, name: filename, purpose } = file
  const kept = expiresAfter === undefined ? {} : { expiresAfter: Files.expiry(expiresAfter) }
  return { filename, purpose, bytes, ...kept }
})

/** The pieces of a file, made one by one as they are taken; fewer bytes than announced are a connection that broke. */
const contentOf = (
  operation: string,
  head: ResponseHead,
  payload: Payload
): Stream.Stream<Uint8Array, OpenAiError> => {
  if (payload._tag !== "Content") {
    const text =
      payload._tag === "Body" ? payload.text : payload.events.map((event) => event.text).join("")
    return Stream.make(new TextEncoder().encode(text))
  }
  return Stream.suspend(() => {
    let given = 0
    const pieces = Stream.map(Stream.fromIterable(payload.chunks(), { chunkSize: 1 }), (piece) => {
      given += piece.length
      return piece
    })
    const complete = Stream.suspend(() =>
      given === payload.bytes ? Stream.empty : Stream.fail(dropped(operation, head))
    )
    return Stream.concat(pieces, complete)
  })
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
  /** From the sending to the reply, without the time that the reply takes. */
  const exchange = Effect.fnUntraced(function* (
    clock: ServerClock,
    { attemptId, method, operation, path }: ApiCall<unknown>,
    content: Pick<Simulator.IncomingRequest, "body" | "upload">
  ) {
    yield* waitUntil(clock, clock.now() + simulator.uplink())
    const request = { method, path, clientRequestId: attemptId, ...content }
    const plan = simulator.handle(request, clock.now())
    return yield* replied(clock, operation, plan)
  })
  return {
    provider: { id: `simulated:${simulator.seed}`, account: "simulated", simulated: true },
    send: Effect.fnUntraced(function* <A>(call: ApiCall<A>, hooks?: SendHooks) {
      const clock = serverClock(yield* Clock.Clock)
      hooks?.onSent?.()
      const reply = yield* exchange(clock, call, { body: bodyOf(call, hooks) })
      return yield* receive(clock, call, reply, hooks)
    }),
    upload: Effect.fnUntraced(function* <E, R>(
      file: FileUpload<E, R>,
      hooks?: Pick<SendHooks, "onSent">
    ) {
      const clock = serverClock(yield* Clock.Clock)
      const call = Files.upload(file)
      hooks?.onSent?.()
      const upload = yield* collect(file)
      const reply = yield* exchange(clock, call, { body: undefined, upload })
      return yield* receive(clock, call, reply, undefined)
    }),
    download: (fileId) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const clock = serverClock(yield* Clock.Clock)
          const call = Files.content(fileId)
          const reply = yield* exchange(clock, call, { body: undefined })
          const head = ResponseReader.makeHead(reply.status, reply.headers)
          if (!ResponseReader.isSuccess(head)) {
            return Stream.drain(Stream.fromEffect(receive(clock, call, reply, undefined)))
          }
          yield* waitUntil(clock, reply.doneAt)
          return contentOf(call.operation, head, reply.payload)
        })
      )
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
