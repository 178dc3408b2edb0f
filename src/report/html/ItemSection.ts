/**
 * The section with the items themselves: controls that are there with JavaScript only, and what is to be said about
 * which items are shown. The table is filled by `ItemScript.ts` from the page's data.
 */
import * as Figures from "../Figures.ts"
import { type Html, html, type Part } from "./Html.ts"
import { endings, MAX_TEXT } from "./ItemRows.ts"
import type { Ending, Kind } from "./ItemSample.ts"
import type { Section } from "./Page.ts"
import * as Parts from "./Parts.ts"
import { colourClass, keyOf } from "./Plots.ts"
import type { ReportData, ShownItems } from "./ReportData.ts"
import { oneLine } from "./VisibleText.ts"

const NAMES: Readonly<Record<Ending, string>> = {
  right: "right",
  partly: "partly right",
  wrong: "wrong",
  unjudged: "not judged",
  noAnswer: "no answer",
  failed: "failed",
  missing: "missing"
}

/** Beside the colour, so that none is needed to tell ends apart. */
const SIGNS: Readonly<Record<Ending, string>> = {
  right: "✓",
  partly: "◐",
  wrong: "✗",
  unjudged: "?",
  noAnswer: "∅",
  failed: "!",
  missing: "…"
}

const KINDS: ReadonlyArray<readonly [Kind, string]> = [
  ["failed", "with a failed request"],
  ["noAnswer", "with a missing answer"],
  ["wrong", "with a wrong or partly right one"],
  ["right", "right throughout"],
  ["missing", "not reached"]
]

const exporting = (run: string): Html =>
  html`<code>spillway export ${quoted(run)} --format jsonl</code>`

/** A name as a shell takes it. */
const quoted = (name: string): string =>
  /^[\w./:@-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`

/** Which items these are, where they are not all. */
const selection = ({ found, leftOut, rows, shown, total }: ShownItems, run: string): Html => {
  if (rows.length === total) {
    return html`All ${Figures.plural(total, "item")} of the run. As rows: ${exporting(run)}.`
  }
  const kinds = KINDS.filter(([kind]) => found[kind] > 0).map(
    ([kind, name]) => `${Figures.count(shown[kind])} of ${Figures.count(found[kind])} ${name}`
  )
  const room =
    leftOut === 0
      ? ""
      : ` ${Figures.count(leftOut)} of these found no room in the page and were left out evenly.`
  return html`${Figures.count(rows.length)} of ${Figures.plural(total, "item")}, chosen by a seeded draw: ${kinds.join(", ")}.${room} So the shares here are not those of the run: the scores above are of all items. All rows: ${exporting(run)}.`
}

const option = (value: string | number, name: string): Html =>
  html`<option value="${value}">${name}</option>`

const select = (id: string, label: string, all: string, options: ReadonlyArray<Html>): Part =>
  options.length > 1 &&
  html`<label>${label}<select id="${id}">${option("", all)}${options}</select></label>`

/** Tags to choose from: the most frequent ones. */
const MOST_TAGS = 200

const tagsOf = ({ rows }: ShownItems): ReadonlyArray<string> => {
  const counts = new Map<string, number>()
  for (const { tags } of rows) {
    for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1)
  }
  return [...counts]
    .sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1))
    .slice(0, MOST_TAGS)
    .map(([tag]) => tag)
}

/** What the marks mean; with a single arm they are words. */
const signs = (arms: ReadonlyArray<string>, ends: ReadonlyArray<Ending>): Part =>
  arms.length > 1 &&
  html`<p class="note">${ends.map((ending) => `${SIGNS[ending]} ${NAMES[ending]}`).join(", ")}; of several answers to an item how many are right, and the worst end.</p>
${Parts.legend(arms.map((arm, index) => ({ name: `${keyOf(index)}   ${arm}`, colour: colourClass(index) })))}`

export const section = ({ arms, items, run }: ReportData): Section => {
  const there = new Set(
    items.rows.flatMap(({ tallies }) =>
      tallies.flatMap(([, counts]) =>
        counts.flatMap((count, place) => (count > 0 ? [endings[place]] : []))
      )
    )
  )
  const ends = endings.filter((ending) => there.has(ending))
  const filters = html`<form class="filters" id="filters" hidden role="search" aria-label="Filter the items">
<label>Search in prompts, targets and answers<input type="search" id="filter-text" autocomplete="off" spellcheck="false"></label>
${select(
  "filter-end",
  "End",
  "any end",
  ends.map((ending) => option(ending, NAMES[ending]))
)}
${select(
  "filter-arm",
  "Arm",
  "any arm",
  arms.map((arm, index) => option(index, `${keyOf(index)} ${arm}`))
)}
${select(
  "filter-tag",
  "Tag",
  "any tag",
  tagsOf(items).map((tag) => option(tag, tag))
)}
</form>`
  const table = html`<div id="items-root" hidden>
<p class="count" id="items-count" role="status"></p>
${signs(arms, ends)}<table id="items-table">
<caption class="hidden-words">Items with their ends. The button of a row opens its prompt and answers.</caption>
<thead><tr><th scope="col" class="place">Line</th><th scope="col">Prompt</th><th scope="col" class="aim">Target</th><th scope="col" class="ends">${arms.length > 1 ? "Ends, by arm" : "End"}</th></tr></thead>
<tbody id="items-body"></tbody>
</table>
<button type="button" class="more-items" id="items-more" hidden>Show more</button>
</div>
<noscript><p class="note">The items are listed by a script of this page, which is off. Everything above is complete without it.</p></noscript>`
  const long = html` Texts beyond ${Figures.count(MAX_TEXT)} characters are cut here, not in the export.`
  const body =
    items.total === 0
      ? Parts.note(
          run.state === "running"
            ? "No items yet: they are scored when the run has all its answers, or is stopped."
            : "The store has no items of this run."
        )
      : html`${Parts.note(html`${selection(items, run.name)}${long}`)}${items.rows.length > 0 && html`${filters}${table}`}`
  return { id: "items", title: "Items", body }
}

/** What the script works on. */
export const dataOf = ({ arms, items }: ReportData) => ({
  arms: arms.map((label, index) => ({
    label: oneLine(label),
    key: arms.length > 1 ? keyOf(index) : "",
    colour: colourClass(index)
  })),
  endings: endings.map((ending) => [ending, NAMES[ending], SIGNS[ending]] as const),
  texts: items.texts,
  items: items.rows
})
