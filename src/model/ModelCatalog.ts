/**
 * What is known of the models: prices, bounds, capabilities, retirement. Dated data (`catalogData.ts`) that a user can
 * override from a file. Implementations: `layers/model/`.
 */
import { Context, type Effect } from "effect"
import type { GenerateRequest, ResolvedRequest } from "../request/GenerateRequest.ts"
import type { RequestRefused } from "../request/RequestRefused.ts"
import type { ModelInfo } from "./ModelInfo.ts"

export interface Resolved {
  readonly request: ResolvedRequest
  /** `undefined` for a model that the catalogue does not know. */
  readonly model: ModelInfo | undefined
  /** For the person, once: an unknown model, a retirement that is near. */
  readonly warnings: ReadonlyArray<string>
}

export class ModelCatalog extends Context.Service<
  ModelCatalog,
  {
    readonly models: ReadonlyArray<ModelInfo>
    /** By name, or by the name of a dated snapshot (`gpt-4o-2024-08-06` is `gpt-4o`). */
    readonly find: (model: string) => ModelInfo | undefined
    /**
     * Checks a request against its model and completes it: the output bound is always present, `store` is false unless
     * asked for. Refuses what the provider would refuse (temperature, effort, endpoint, bound, a retired model), and an
     * unknown model where `priced` asks for a price.
     */
    readonly resolve: (
      request: GenerateRequest,
      options?: { readonly priced?: boolean }
    ) => Effect.Effect<Resolved, RequestRefused>
  }
>()("spillway/model/ModelCatalog") {}
