/** The script of a page: lists the items, filters them, opens them. */
import { assert, describe, it } from "@effect/vitest"
import type { RequestKey } from "spillway/checkpoint/RequestKey"
import { NanoUsd } from "spillway/cost/Money"
import * as ItemRows from "spillway/report/html/ItemRows"
import { script } from "spillway/report/html/ItemScript"
import * as ItemSection from "spillway/report/html/ItemSection"
import { cut } from "spillway/report/html/VisibleText"
import * as Browser from "./Browser.ts"
import { itemRecord, LABELS } from "./stored.ts"

const IDS = [
  ...["filters", "filter-text", "filter-end", "filter-arm", "filter-tag"],
  ...["items-root", "items-count", "items-body", "items-more"]
]

const dataOf = (count: number, labels: ReadonlyArray<string>, repeats = 1) => {
  const texts = ItemRows.makeTexts()
  const answers = new Map<RequestKey, ReturnType<typeof cut>>()
  const rows = Array.from({ length: count }, (_, index) => {
    const record = itemRecord(index, { items: count, labels, repeats })
    for (const { keys } of record.trials) {
      for (const key of keys) answers.set(key, cut(`<b>answer</b> ${index}`, 10))
    }
    return ItemRows.rowOf(ItemRows.keep(record), {
      answers,
      texts,
      placeOf: (arm) => labels.indexOf(arm)
    })
  })
  const none = { failed: 0, noAnswer: 0, wrong: 0, right: 0, missing: 0 }
  return ItemSection.dataOf({
    run: {
      ...{ id: "r", name: "r", state: "idle", createdAt: 0, updatedAt: 0 },
      ...{ answered: 0, failed: 0, spent: NanoUsd(0) }
    },
    report: undefined,
    looks: [],
    latencies: [],
    arms: labels,
    items: { rows, texts: texts.all, total: count, found: none, shown: none, leftOut: 0 }
  })
}

const open = (data: ReturnType<typeof dataOf>, hash = "") => {
  const browser = Browser.run(script, data, IDS, hash)
  const body = browser.byId("items-body")
  const rows = () => body.querySelectorAll(".item")
  const count = () => browser.byId("items-count").textContent
  const filter = (id: string, value: string) => {
    browser.byId(id).value = value
    browser.byId("filters").fire("input")
    browser.wait()
  }
  return { ...browser, body, rows, count, filter }
}

const [luna = "", ...others] = LABELS

describe("the items of a page", () => {
  it("are listed with their ends, once the script runs", () => {
    const { byId, count, rows } = open(dataOf(30, LABELS, 2))
    assert.isFalse(byId("filters").hidden)
    assert.isFalse(byId("items-root").hidden)
    assert.strictEqual(count(), "30 items")
    assert.lengthOf(rows(), 30)
    assert.lengthOf(rows()[0]?.querySelectorAll(".mark") ?? [], 4)
    assert.match(rows()[0]?.textContent ?? "", /Line 1Question 0: Janet’s ducks.*18A [012]\/2 /)
  })

  it("are found by words, by end, by arm and by tag, and the address says so", () => {
    const data = dataOf(60, LABELS)
    const { address, count, filter, rows } = open(data)
    filter("filter-text", "QUESTION 17:")
    assert.strictEqual(count(), "1 of 60 items")
    assert.match(rows()[0]?.textContent ?? "", /Line 18/)
    assert.strictEqual(address(), "#q=QUESTION+17%3A")
    filter("filter-text", "")
    filter("filter-end", "wrong")
    const wrong = rows().length
    filter("filter-arm", "1")
    const wrongThere = rows().length
    const expected = data.items.filter(({ trials }) =>
      trials.some(({ arm, ending }) => arm === 1 && ending === "wrong")
    )
    assert.strictEqual(wrongThere, expected.length)
    assert.isBelow(wrongThere, wrong)
    filter("filter-tag", "geometry")
    assert.strictEqual(rows().length, expected.filter(({ tags }) => tags[0] === "geometry").length)
    assert.strictEqual(address(), "#end=wrong&arm=1&tag=geometry")
  })

  it("open with prompt, answers, scores and errors, as text", () => {
    const { body, rows } = open(dataOf(60, [luna]))
    const [first] = rows()
    const detail = first?.nextElementSibling
    assert.isTrue(detail?.hidden)
    assert.strictEqual(detail?.textContent, "")
    const button = first?.querySelector(".open")
    button?.click()
    assert.strictEqual(button?.getAttribute("aria-expanded"), "true")
    assert.strictEqual(button?.getAttribute("aria-controls"), detail?.getAttribute("id"))
    assert.isFalse(detail?.hidden)
    const said = detail?.textContent ?? ""
    assert.include(said, "You are a careful mathematician.")
    assert.include(said, "<b>answer<")
    assert.match(said, /Cut here: \d+ more characters are in the export/)
    assert.match(said, /lastNumber@1/)
    assert.match(said, /Latency .* Tokens 210 in, 90 out · Cost \$0\.000052/)
    button?.click()
    assert.isTrue(detail?.hidden)
    // Whatever the data say, the page has these elements only.
    const tags = new Set(body.all().map(({ tag }) => tag))
    for (const tag of ["script", "img", "a", "b", "iframe"]) assert.isFalse(tags.has(tag))
  })

  it("show the first answers of an item that was asked very often, and count all of them", () => {
    const { rows } = open(dataOf(1, [luna], 70))
    const [row] = rows()
    assert.match(row?.querySelector(".mark")?.textContent ?? "", /^\d+\/70 /)
    row?.querySelector(".open")?.click()
    assert.lengthOf(row?.nextElementSibling?.querySelectorAll(".trial") ?? [], 60)
    assert.include(row?.nextElementSibling?.textContent, "10 more answers are in the export.")
  })

  it("tell why one failed", () => {
    const { filter, rows } = open(dataOf(200, LABELS))
    filter("filter-end", "failed")
    rows()[0]?.querySelector(".open")?.click()
    const said = rows()[0]?.nextElementSibling?.textContent ?? ""
    assert.include(said, "ServerError: 500 Internal error. Try again later.")
    assert.include(said, "Attempts 4")
  })

  it("come in pieces where there are many, and the keyboard goes on where it was", () => {
    const { byId, count, rows } = open(dataOf(450, [luna]))
    const more = byId("items-more")
    assert.strictEqual(count(), "450 items")
    assert.lengthOf(rows(), 200)
    assert.strictEqual(more.textContent, "Show 200 more")
    more.click()
    assert.lengthOf(rows(), 400)
    assert.isTrue(rows()[200]?.querySelector(".open")?.focused)
    more.click()
    assert.lengthOf(rows(), 450)
    assert.isTrue(more.hidden)
  })

  it("are shown as the address asks", () => {
    const { byId, rows } = open(dataOf(450, [luna, ...others]), "#tag=algebra&open=400")
    assert.strictEqual(byId("filter-tag").value, "algebra")
    const opened = rows().filter((row) => row.nextElementSibling?.hidden === false)
    assert.lengthOf(opened, 1)
    assert.match(opened[0]?.textContent ?? "", /Line 400/)
  })
})
