/** Colours that can be read: WCAG 2.2, level AA, in light and in dark. */
import { assert, describe, it } from "@effect/vitest"
import { styles } from "spillway/report/html/Styles"

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
const luminance = (hex: string): number => {
  const digits =
    hex.length === 4 ? [...hex.slice(1)].map((one) => one + one).join("") : hex.slice(1)
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const value = Number.parseInt(digits.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

const contrast = (one: string, other: string): number => {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

const themes = [...styles.matchAll(/:root\{([^}]*--paper[^}]*)\}/g)].map(
  ([, body = ""]) =>
    new Map([...body.matchAll(/--([a-z0-9-]+):(#[0-9a-f]+)/g)].map(([, name, hex]) => [name, hex]))
)

const TEXTS = ["ink", "muted", "accent", "good", "bad", "warn"]
const SERIES = ["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"]
const PAIRS: ReadonlyArray<readonly [text: string, ground: string]> = [
  ...[...TEXTS, ...SERIES].map((text) => [text, "paper"] as const),
  ...["ink", "muted", "accent"].map((text) => [text, "raised"] as const),
  ["ink", "warn-paper"],
  ["ink", "bad-paper"]
]

describe.each([
  ["light", themes[0]],
  ["dark", themes[1]]
] as const)("in the %s theme", (_, theme) => {
  it.each(PAIRS)("%s can be read on %s", (text, ground) => {
    const ratio = contrast(theme?.get(text) ?? "#000", theme?.get(ground) ?? "#000")
    assert.isAtLeast(ratio, 4.5)
  })
})

describe("the styles", () => {
  it("load nothing, and print in light colours", () => {
    assert.notMatch(styles, /url\(|@import|@font-face/)
    assert.match(styles, /@media screen and \(prefers-color-scheme:dark\)/)
    assert.include(styles, "@media print")
  })
})
