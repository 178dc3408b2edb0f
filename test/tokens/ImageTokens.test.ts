import { assert, describe, it } from "@effect/vitest"
import { sizeOf } from "spillway/tokens/ImageSize"
import { imageTokens, patchesOf, tilesOf } from "spillway/tokens/ImageTokens"
import * as RequestSize from "spillway/tokens/RequestSize"
import { chatOf } from "../contracts/TokenizerContract.ts"

const dataUrl = (type: string, bytes: ReadonlyArray<number>): string =>
  `data:image/${type};base64,${Buffer.from(bytes).toString("base64")}`

const u16 = (n: number) => [n >> 8, n & 255]
const u16le = (n: number) => [n & 255, n >> 8]
const ascii = (text: string) => [...Buffer.from(text, "latin1")]
const zeros = (n: number): Array<number> => Array(n).fill(0)

const pngOf = (width: number, height: number) => {
  const size = [...zeros(2), ...u16(width), ...zeros(2), ...u16(height)]
  return dataUrl("png", [...ascii("\x89PNG\r\n\x1a\n"), ...zeros(4), ...ascii("IHDR"), ...size])
}
const gifOf = (width: number, height: number) =>
  dataUrl("gif", [...ascii("GIF89a"), ...u16le(width), ...u16le(height)])

/** With a segment of 100 bytes before the frame. */
const jpegOf = (width: number, height: number) => {
  const before = [0xff, 0xd8, 0xff, 0xe1, ...u16(100), ...zeros(98)]
  const frame = [0xff, 0xc0, ...u16(17), 8, ...u16(height), ...u16(width), 3]
  return dataUrl("jpeg", [...before, ...frame])
}

describe("A picture in the request", () => {
  it("tells its size, as PNG, GIF or JPEG", () => {
    const size = { width: 1_800, height: 2_400 }
    assert.deepStrictEqual(sizeOf(pngOf(1_800, 2_400)), size)
    assert.deepStrictEqual(sizeOf(gifOf(1_800, 2_400)), size)
    assert.deepStrictEqual(sizeOf(jpegOf(1_800, 2_400)), size)
  })

  it("does not where it is a link, cut off, or no picture", () => {
    for (const url of [
      "https://example.com/a.png",
      "data:image/png;base64,",
      "data:image/png;base64,????",
      "data:image/png,raw",
      dataUrl("jpeg", [0xff, 0xd8, 0xff]),
      dataUrl("webp", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    ]) {
      assert.isUndefined(sizeOf(url), url)
    }
  })
})

describe("Tokens of a picture", () => {
  it("are those of OpenAI's examples for tiles", () => {
    assert.strictEqual(tilesOf({ width: 1_024, height: 1_024 }), 4)
    assert.strictEqual(tilesOf({ width: 2_048, height: 4_096 }), 6)
    assert.strictEqual(imageTokens("gpt-4o", "high", { width: 1_024, height: 1_024 }).expected, 765)
    assert.strictEqual(imageTokens("gpt-4o", "high", { width: 2_048, height: 4_096 }).upper, 1_105)
    assert.strictEqual(imageTokens("gpt-4o", "low", { width: 4_096, height: 8_192 }).upper, 85)
    assert.strictEqual(imageTokens("gpt-4o-mini", "low", undefined).upper, 2_833)
  })

  it("are patches, up to the budget, for the others", () => {
    const budget = { patches: 1_536, side: 2_048 }
    assert.strictEqual(patchesOf({ width: 1_024, height: 1_024 }, budget), 1_024)
    assert.strictEqual(patchesOf({ width: 33, height: 32 }, budget), 2)
    assert.strictEqual(patchesOf({ width: 9_000, height: 9_000 }, budget), 1_536)
    assert.strictEqual(
      imageTokens("gpt-4.1-mini", "high", { width: 1_024, height: 1_024 }).expected,
      Math.ceil(1_024 * 1.62)
    )
  })

  it("of a link are bounded by the largest picture there can be", () => {
    for (const model of [
      "gpt-4o",
      "gpt-4o-mini",
      "gpt-4.1-mini",
      "o3",
      "gpt-5",
      "gpt-6-sol",
      "x"
    ]) {
      for (const detail of [undefined, "auto", "low", "high", "original"]) {
        const { upper } = imageTokens(model, detail, undefined)
        for (const width of [1, 500, 768, 2_048, 6_000, 20_000]) {
          for (const height of [1, 500, 768, 2_048, 6_000, 20_000]) {
            const known = imageTokens(model, detail, { width, height })
            assert.isAtMost(known.expected, upper, `${model} ${detail} ${width}×${height}`)
            assert.isAtMost(known.upper, upper)
          }
        }
      }
    }
  })

  it("are counted instead of the text of a data URL", () => {
    const url = `${pngOf(1_024, 1_024)}${"A".repeat(100_000)}`
    const content = [{ type: "image_url", image_url: { url, detail: "high" } }]
    const { expected, upper } = RequestSize.estimate(
      chatOf("gpt-4o", { messages: [{ role: "user", content }] })
    )
    assert.isTrue(expected > 765 && upper < 900)
  })
})
