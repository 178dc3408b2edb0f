/** HTML that is safe to put together: every text is made visible and escaped, and only `Html` is taken as it is. */
import { raw, html as template } from "hono/html"
import { visible } from "./VisibleText.ts"

/** Markup; made by `html` only, or by `trusted` from a text of our own. */
export type Html = ReturnType<typeof raw>

export type Part = Html | string | number | false | null | undefined | ReadonlyArray<Part>

const isMarkup = (part: object | string): boolean => "isEscaped" in Object(part)

const safe = (part: Part): unknown => {
  if (Array.isArray(part)) return part.map(safe)
  return typeof part === "string" && !isMarkup(part) ? visible(part) : part
}

/** A template: texts in it, of attributes too, are escaped; `false`, `null` and `undefined` are left out. */
export const html = (strings: TemplateStringsArray, ...parts: ReadonlyArray<Part>): Html =>
  // It is a promise only where a part is one.
  template(strings, ...parts.map(safe)) as Html

/** Markup of our own, or of a library that escapes. Never a text of a model, a file or a flag. */
export const trusted = (markup: string): Html => raw(markup)

export const nothing: Html = trusted("")
