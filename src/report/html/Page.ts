/**
 * The frame of every page: one file that needs no network and runs nothing but its own script. The content policy names
 * that script and the styles by their SHA-256, so that a text that got out of its place could do nothing. A run's
 * sections are put together in `HtmlReport.ts`, of the pieces in `Parts.ts` and `Plots.ts`.
 */
import { sha256 } from "@noble/hashes/sha2.js"
import { utf8ToBytes } from "@noble/hashes/utils.js"
import { Base64 } from "effect/encoding"
import { type Html, html, nothing, type Part, trusted } from "./Html.ts"
import { styles } from "./Styles.ts"
import { oneLine } from "./VisibleText.ts"

export interface Section {
  /** Names the section in links to it: letters and `-`. */
  readonly id: string
  readonly title: string
  readonly body: Part
}

/** What must not be overlooked, above everything else. */
export interface Banner {
  readonly kind: "simulated" | "unfinished" | "note"
  readonly text: string
}

export interface Page {
  /** What kind of page it is, above the heading. */
  readonly kind: string
  readonly heading: string
  /** Below the heading: names, dates, versions. */
  readonly facts: ReadonlyArray<string>
  readonly banners: ReadonlyArray<Banner>
  /** Before the first section. */
  readonly lead?: Part
  readonly sections: ReadonlyArray<Section>
  readonly footer: Part
  /** What makes the page's controls work, and the data it works on: found as JSON in the element `data`. */
  readonly script?: { readonly code: string; readonly data: unknown }
}

const hash = (text: string): string => `'sha256-${Base64.encode(sha256(utf8ToBytes(text)))}'`

/** Nothing may be loaded, run, sent or framed but the script and styles that the page was made with. */
const policy = (style: string, script: string | undefined): string =>
  [
    "default-src 'none'",
    `style-src ${hash(style)}`,
    ...(script === undefined ? [] : [`script-src ${hash(script)}`]),
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'"
  ].join("; ")

/** JSON that ends no element and opens no comment, whatever is in it. */
export const embedded = (data: unknown): Html =>
  trusted(
    JSON.stringify(data)
      .replaceAll("<", "\\u003c")
      .replaceAll("\u2028", "\\u2028")
      .replaceAll("\u2029", "\\u2029")
  )

const banner = ({ kind, text }: Banner): Html =>
  html`<p class="banner ${kind}">${text}</p>
`

const section = ({ body, id, title }: Section): Html => html`
<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>
`

const contents = (sections: ReadonlyArray<Section>): Html =>
  sections.length < 3
    ? nothing
    : html`<nav aria-label="Sections"><ul>${sections.map(
        ({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`
      )}</ul></nav>
`

/** The whole document; ends with a line feed. The same page always gives the same bytes. */
export const render = (page: Page): string => {
  const { code, data } = page.script ?? {}
  const script =
    code === undefined
      ? nothing
      : html`<script type="application/json" id="data">${embedded(data)}</script>
<script>${trusted(code)}</script>
`
  const heading = oneLine(page.heading)
  const facts = page.facts.map((fact) => html`<li>${oneLine(fact)}</li>`)
  return `<!doctype html>
${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(styles, code)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${heading} · ${page.kind}</title>
<style>${trusted(styles)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<p class="kind">${page.kind}</p>
<h1>${heading}</h1>
<ul class="facts">${facts}</ul>
${page.banners.map(banner)}</header>
${contents(page.sections)}<main id="main">
${page.lead}
${page.sections.map(section)}</main>
<footer>${page.footer}</footer>
${script}</body>
</html>
`}`
}
