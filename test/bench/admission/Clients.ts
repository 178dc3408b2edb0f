/** The clients by name, each loaded only where it takes part. */
import type { Client, ClientName } from "./Client.ts"

const loaders: Readonly<Record<ClientName, () => Promise<Client>>> = {
  spillway: async () => (await import("./clients/spillway.ts")).spillway,
  effect: async () => (await import("./clients/effect.ts")).effect,
  bottleneck: async () => (await import("./clients/bottleneck.ts")).bottleneck,
  "p-queue": async () => (await import("./clients/p-queue.ts")).pQueue,
  static: async () => (await import("./clients/static.ts")).staticBuckets,
  aimd: async () => (await import("./clients/aimd.ts")).aimd
}

export const load = (name: ClientName): Promise<Client> => loaders[name]()
