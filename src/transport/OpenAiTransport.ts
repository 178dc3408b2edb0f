/**
 * Carries one call to the provider and one answer back, with the raw head kept and every failure mapped to a reason.
 * No retry, no limit, no cache: those are other ports. Implementations: `layers/transport/`.
 */
import { Context, type Duration, type Effect, type Result, type Stream } from "effect"
import type { OpenAiError } from "../error/OpenAiError.ts"
import type { OpenAiReason } from "../error/OpenAiReason.ts"
import type { JsonObject } from "../request/GenerateRequest.ts"
import type { FileObject } from "./Files.ts"
import type { ResponseHead } from "./ResponseHead.ts"

/** A described call. Constructors are beside the wire schemas: `Chat.create(body)`, `Responses.create(body)`, … */
export interface ApiCall<out A> {
  /** As `chat.create`; for messages and spans. */
  readonly operation: string
  readonly method: "GET" | "POST" | "DELETE"
  /** Relative to the base URL, as `/chat/completions`. */
  readonly path: string
  readonly body?: JsonObject | undefined
  readonly model?: string | undefined
  /** What our own id of the sending begins with: `ClientRequestId.ofAttempt`. Default: the id is random. */
  readonly attemptId?: string | undefined
  /** From the parsed body of a 2xx answer (a stream already folded) to the value, or why it is none. */
  readonly decode: (body: unknown, head: ResponseHead) => Result.Result<A, OpenAiReason>
}

export interface ApiResponse<out A> {
  readonly body: A
  readonly head: ResponseHead
}

/** A piece of an answer that is being streamed. */
export interface StreamEvent {
  /** Text that this event adds; may be empty. */
  readonly delta: string
  /** The event as the provider sent it. */
  readonly raw: unknown
}

/** None of the callbacks may throw. */
export interface SendHooks {
  /** The request is about to leave. */
  readonly onSent?: () => void
  /** The head is in; the body may follow much later. `message` is the error text of a refused request. */
  readonly onHead?: (head: ResponseHead, error?: { readonly message: string }) => void
  /** Its presence asks for server-sent events; the answer is still folded into the same final body. */
  readonly onEvent?: (event: StreamEvent) => Effect.Effect<void>
}

/** Who answers: part of every stored answer's key, so that one provider's answers never serve for another's. */
export interface Provider {
  /** Base URL and account for the real API (never the key); `simulated:<seed>` for the simulated one. */
  readonly id: string
  /** What one quota belongs to: the first part of every pool's name. */
  readonly account: string
  readonly simulated: boolean
}

/** A file on its way to the provider: read once, piece by piece, as it goes. */
export interface FileUpload<E = never, R = never> {
  /** Its name at the provider, as `spillway-….jsonl`: the Files API keeps nothing else to find it again by. */
  readonly name: string
  readonly purpose: "batch"
  /** Exactly as many as `content` gives. */
  readonly bytes: number
  readonly content: Stream.Stream<Uint8Array, E, R>
  /** The provider deletes it after this long; 1 hour to 30 days. Default: the provider's. */
  readonly expiresAfter?: Duration.Duration | undefined
}

export class OpenAiTransport extends Context.Service<
  OpenAiTransport,
  {
    readonly provider: Provider
    readonly send: <A>(
      call: ApiCall<A>,
      hooks?: SendHooks
    ) => Effect.Effect<ApiResponse<A>, OpenAiError>
    /**
     * One attempt, in constant memory whatever the size. A failure of the content ends it as that failure; content of
     * other than the declared number of bytes is an `InvalidRequest`. A refusal may come before the content was read.
     */
    readonly upload: <E, R>(
      file: FileUpload<E, R>,
      hooks?: Pick<SendHooks, "onSent">
    ) => Effect.Effect<ApiResponse<FileObject>, OpenAiError | E, R>
    /**
     * The content of a file, as it arrives and no faster than it is taken. A connection that breaks fails the stream after
     * what came before it was given; each run of the stream asks for the whole content anew.
     */
    readonly download: (fileId: string) => Stream.Stream<Uint8Array, OpenAiError>
  }
>()("spillway/transport/OpenAiTransport") {}
