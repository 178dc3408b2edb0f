/** Who answers at a base URL, as stored answers and quotas name it. */
import { hash } from "node:crypto"
import { Redacted } from "effect"
import type { OpenAiConfig } from "../../src/config/OpenAiConfig.ts"
import type { Provider } from "../../src/transport/OpenAiTransport.ts"

/** Hex digits of the fingerprint: enough to tell a person's accounts apart, too few to learn anything of the key. */
const FINGERPRINT = 12

/** One spelling for one place: case of the host, default port, trailing slashes; never a password. */
const canonical = (baseUrl: string): string => {
  if (!URL.canParse(baseUrl)) return baseUrl.replace(/\/+$/, "")
  const url = new URL(baseUrl)
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}${url.search}`
}

export const make = (config: OpenAiConfig["Service"]): Provider => {
  const { organization, project, simulatedSeed } = config
  const place = canonical(config.baseUrl)
  const account = [place, Redacted.value(config.apiKey), organization ?? ""]
  const owner = [
    organization ? `organization=${organization}` : "",
    project ? `project=${project}` : ""
  ].filter((part) => part !== "")
  return {
    id: simulatedSeed === undefined ? [place, ...owner].join("#") : `simulated:${simulatedSeed}`,
    account: hash("sha256", JSON.stringify(account), "hex").slice(0, FINGERPRINT),
    simulated: simulatedSeed !== undefined
  }
}
