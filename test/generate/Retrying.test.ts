/** The delay before a retry: it ends with the run, and is never longer than `maxWait`. */
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { defaults } from "spillway/config/RetryConfig"
import { OpenAiError } from "spillway/error/OpenAiError"
import { RateLimited } from "spillway/error/OpenAiReason"
import { RunStopped } from "spillway/error/RunStopped"
import type { Job } from "spillway/layers/generate/Attempt"
import * as Retrying from "spillway/layers/generate/Retrying"
import type { RequestKey } from "spillway/checkpoint/RequestKey"
import { zero } from "spillway/cost/Money"
import { PoolId } from "spillway/rate-limit/RateLimiter"
import * as ActiveRun from "spillway/run/ActiveRun"

const refusal = (hint: Duration.Input) =>
  new OpenAiError({
    operation: "chat.create",
    reason: new RateLimited({
      message: "Limit.",
      retryAfter: Duration.fromInputUnsafe(hint)
    })
  })
