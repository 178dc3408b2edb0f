/**
 * The Redis through which several processes share one quota, if there is one. Read by `layers/presets/OnlineGraph.ts`;
 * set with `SPILLWAY_REDIS_URL`, or with `Layer.succeed(RedisConfig, { url: Redacted.make("redis://…") })`.
 */
import { Context, type Redacted } from "effect"

export interface RedisSettings {
  /** `redis://user:password@host:6379/0`, or `rediss://…` over TLS. Default: none, the process has the quota for itself. */
  readonly url: Redacted.Redacted | undefined
}

export const defaults: RedisSettings = { url: undefined }

/** What is wrong with a URL, as a sentence that does not repeat it. */
export const problem = (value: string): string | undefined => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  return url !== undefined && /^rediss?:$/.test(url.protocol) && url.hostname !== ""
    ? undefined
    : "It is no redis or rediss URL."
}

export const RedisConfig = Context.Reference<RedisSettings>("spillway/config/RedisConfig", {
  defaultValue: () => defaults
})
