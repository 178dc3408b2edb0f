/**
 * What a picture counts as, by the two schemes of OpenAI's vision guide: tiles of 512 pixels, or patches of 32.
 * A picture's size is known where it is in the request itself (`ImageSize.ts`); of a link only a bound is.
 */
import { baseOf } from "./Encoding.ts"
import type { ImageSize } from "./ImageSize.ts"

export interface ImageTokens {
  readonly expected: number
  readonly upper: number
}

type Scheme =
  | { readonly _tag: "Tiles"; readonly base: number; readonly tile: number }
  | {
      readonly _tag: "Patches"
      readonly factor: number
      /** Patches, and pixels of the longer side, at high detail and at original detail. */
      readonly high: Budget
      readonly original: Budget
    }

interface Budget {
  readonly patches: number
  readonly side: number
}

const small: Budget = { patches: 1_536, side: 2_048 }
const patches = (factor: number): Scheme => ({
  _tag: "Patches",
  factor,
  high: small,
  original: small
})
const tiles = (base: number, tile: number): Scheme => ({ _tag: "Tiles", base, tile })

/** The full-size models from gpt-5.4 on see more than the others did. */
const large: Scheme = {
  _tag: "Patches",
  factor: 1.2,
  high: { patches: 2_500, side: 2_048 },
  original: { patches: 10_000, side: 6_000 }
}

/** The first that fits. Factors are those measured against reported usage, at or below the published ones. */
const schemes: ReadonlyArray<readonly [names: RegExp, scheme: Scheme]> = [
  [/^gpt-4o-mini/, tiles(2_833, 5_667)],
  [/^gpt-4\.1-mini/, patches(1.62)],
  [/^gpt-4\.1-nano/, patches(2.46)],
  [/^(gpt-4|chatgpt-)/, tiles(85, 170)],
  [/^o4-mini/, patches(1.72)],
  [/^o\d/, tiles(75, 150)],
  [/^gpt-5(\.\d)?-(mini|nano)/, patches(1.2)],
  [/^gpt-5($|-|\.1)/, tiles(70, 140)]
]

/** The largest factor that was ever published; bounds those that are not. */
const LARGEST_FACTOR = 2.46
/** 2,048 by 768 pixels: more is never left after fitting. */
const MOST_TILES = 8
const TYPICAL: ImageSize = { width: 1_024, height: 1_024 }

const schemeOf = (model: string): Scheme =>
  schemes.find(([names]) => names.test(baseOf(model)))?.[1] ?? large

/** Tiles after fitting into 2,048 pixels square, then to a shorter side of at most 768. */
export const tilesOf = ({ width, height }: ImageSize): number => {
  const fit = Math.min(1, 2_048 / Math.max(width, height))
  const shrink = Math.min(1, 768 / (Math.min(width, height) * fit))
  const side = (pixels: number) => Math.max(1, Math.ceil((pixels * fit * shrink) / 512))
  return Math.min(MOST_TILES, side(width) * side(height))
}

/** Patches after fitting the longer side, then the number of patches. */
export const patchesOf = ({ width, height }: ImageSize, budget: Budget): number => {
  const fit = Math.min(1, budget.side / Math.max(width, height))
  const count = Math.ceil((width * fit) / 32) * Math.ceil((height * fit) / 32)
  return Math.max(1, Math.min(budget.patches, count))
}

/**
 * @param detail `low`, `high`, `auto` or `original`, as the request gives it
 * @param size in pixels, where it is known
 */
export const imageTokens = (
  model: string,
  detail: string | undefined,
  size: ImageSize | undefined
): ImageTokens => {
  const scheme = schemeOf(model)
  if (scheme._tag === "Tiles") {
    const { base, tile } = scheme
    if (detail === "low") return { expected: base, upper: base }
    return {
      expected: base + tile * tilesOf(size ?? TYPICAL),
      upper: base + tile * (size === undefined ? MOST_TILES : tilesOf(size))
    }
  }
  // Low detail makes no difference to some of these models, and `auto` may mean original.
  const likely = detail === "original" ? scheme.original : scheme.high
  const most = detail === "high" || detail === "low" ? scheme.high : scheme.original
  const bound = size === undefined ? most.patches : patchesOf(size, most)
  return {
    expected: Math.ceil(patchesOf(size ?? TYPICAL, likely) * scheme.factor),
    upper: Math.ceil(bound * LARGEST_FACTOR)
  }
}
