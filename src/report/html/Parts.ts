/** The pieces that pages are made of: tables, figures in tiles, lists. All texts are escaped by `Html.ts`. */
import { type Html, html, type Part } from "./Html.ts"
import { colourClass, keyOf } from "./Plots.ts"
import { cut, oneLine } from "./VisibleText.ts"

export interface Column {
  readonly title: Part
  /** Numbers stand right, words get room, and what is brief keeps to one line. */
  readonly kind?: "number" | "words" | "brief"
}

export interface Table {
  readonly caption: string
  readonly columns: ReadonlyArray<Column>
  /** The first cell of each names its row. */
  readonly rows: ReadonlyArray<ReadonlyArray<Part>>
}

/** It scrolls by itself where it is too wide, by keyboard too. */
export const table = ({ caption, columns, rows }: Table): Html => {
  const kind = (index: number): Part => {
    const name = columns[index]?.kind
    return name !== undefined && html` class="${name}"`
  }
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table>
<caption><span>${caption}</span></caption>
<thead><tr>${columns.map(({ title }, index) => html`<th scope="col"${kind(index)}>${title}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (cells) => html`<tr>${cells.map((cell, index) =>
    index === 0 ? html`<th scope="row">${cell}</th>` : html`<td${kind(index)}>${cell}</td>`
  )}</tr>
`
)}</tbody></table></div>
`
}

export interface Tile {
  readonly name: string
  readonly value: Part
  readonly more?: string | undefined
}

export const tiles = (all: ReadonlyArray<Tile>): Html =>
  html`<dl class="tiles">${all.map(
    ({ more, name, value }) =>
      html`<div><dt>${name}</dt><dd>${value}${more !== undefined && html`<small>${more}</small>`}</dd></div>`
  )}</dl>
`

export const paragraph = (text: Part): Html => html`<p>${text}</p>
`

export const note = (text: Part): Html => html`<p class="note">${text}</p>
`

/** The short name of a series in its colour; left out where there is one only. */
export const key = (index: number, of: number): Part =>
  of > 1 && html`<span class="key ${colourClass(index)}">${keyOf(index)}</span>`

/** Characters of a name: a label can be as long as a prompt variant's name. */
const MAX_NAME = 120

export const bounded = (name: string): string => {
  const { left, text } = cut(oneLine(name), MAX_NAME)
  return left === 0 ? text : `${text}…`
}

/** A series by its short name and its own. */
export const named = (name: string, index: number, of: number): Html =>
  html`${key(index, of)}${bounded(name)}`

export const legend = (
  entries: ReadonlyArray<{ readonly name: string; readonly colour: string }>
): Html =>
  html`<ul class="legend">${entries.map(
    ({ colour, name }) =>
      html`<li class="${colour}"><i class="swatch" aria-hidden="true"></i><span>${bounded(name)}</span></li>`
  )}</ul>
`
