/**
 * Where and as whom to call OpenAI. From the environment and `.env`: `layers/config/EnvironmentConfig.ts`.
 */
import { Context, type Redacted } from "effect"

export class OpenAiConfig extends Context.Service<
  OpenAiConfig,
  {
    /** `OPENAI_API_KEY`. */
    readonly apiKey: Redacted.Redacted
    /** `OPENAI_BASE_URL`, up to and including the version. Default `https://api.openai.com/v1`. */
    readonly baseUrl: string
    /** `OPENAI_ORG_ID`. */
    readonly organization: string | undefined
    /** `OPENAI_PROJECT_ID`. */
    readonly project: string | undefined
    /** `HTTPS_PROXY`: URL of a proxy for all calls. `NO_PROXY` is respected. */
    readonly proxy: string | undefined
    /** Hosts that bypass the proxy, as in `NO_PROXY`. */
    readonly noProxy: string | undefined
    /** `SPILLWAY_EXTRA_CA`: PEM text of certificate authorities to trust besides the system's. */
    readonly extraCa: string | undefined
    /** Seed, where the base URL is a provider simulated by this very program; keeps its answers apart. */
    readonly simulatedSeed: number | undefined
  }
>()("spillway/config/OpenAiConfig") {}

export const DEFAULT_BASE_URL = "https://api.openai.com/v1"
