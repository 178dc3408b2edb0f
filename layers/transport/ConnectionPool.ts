/**
 * Keep-alive connections to the provider, by way of a proxy where one is set. It sets no limit and no timeout of its own
 * on an answer: how much is in flight is the rate limiter's business, how long an attempt may take its caller's.
 */
import { getCACertificates } from "node:tls"
import { Effect } from "effect"
import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici"
import type { OpenAiConfig } from "../../src/config/OpenAiConfig.ts"

/** Establishing a connection, TLS included, in milliseconds. */
const CONNECT_TIMEOUT = 10_000

/** An idle connection is kept this long, in milliseconds, unless the server announces less. */
const KEEP_ALIVE = 30_000

/** Bytes: gateways add policies and cookies of their own. */
const MAX_HEADERS = 65_536

const open = (config: OpenAiConfig["Service"]): Dispatcher => {
  const tls =
    config.extraCa === undefined ? {} : { ca: [...getCACertificates("default"), config.extraCa] }
  const options = {
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE,
    // One connection for each request in flight: no answer waits behind another.
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: MAX_HEADERS,
    connect: { timeout: CONNECT_TIMEOUT, ...tls }
  }
  if (config.proxy === undefined || config.simulatedSeed !== undefined) return new Agent(options)
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy: config.proxy,
    httpsProxy: config.proxy,
    noProxy: config.noProxy ?? "",
    requestTls: { timeout: CONNECT_TIMEOUT, ...tls },
    proxyTls: { timeout: CONNECT_TIMEOUT, ...tls }
  })
}

/** Open until the scope closes; then nothing of it keeps the process alive. */
export const make = (config: OpenAiConfig["Service"]) =>
  Effect.acquireRelease(
    Effect.sync(() => open(config)),
    (pool) => Effect.ignore(Effect.tryPromise(() => pool.destroy()))
  )
