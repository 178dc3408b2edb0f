/** A run's page: complete, safe whatever a model wrote, the same for the same store, and readable by everybody. */
import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import type { BenchmarkReport } from "spillway/report/BenchmarkReport"
import * as HtmlReport from "spillway/report/html/HtmlReport"
import * as ReportData from "spillway/report/html/ReportData"
import { report as plainReport } from "../report.ts"
import { fullReport, LABELS, type Shape, store } from "./stored.ts"

/** With as few plots as there can be: each takes a while to draw. */
const plain = plainReport({ run: "monday" })

/** The page of a run that is stored anew, and the data that its script gets. */
const pageOf = Effect.fnUntraced(function* (
  shape: Shape,
  report: BenchmarkReport = plain,
  options: ReportData.Options & { readonly running?: boolean; readonly scored?: boolean } = {}
) {
  const { scored = true, running = false } = options
  const checkpoints = yield* CheckpointStore
  const id = yield* store(shape, scored ? report : null)
  const run = Option.getOrThrow(yield* checkpoints.find(id))
  const data = yield* ReportData.gather(
    { ...run, state: running ? "running" : "idle", createdAt: 0, updatedAt: 0 },
    options
  )
  return yield* HtmlReport.render(data)
}, Effect.provide(MemoryCheckpointStore.layer))

const json = (page: string) => {
  const text = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1]
  return JSON.parse(text ?? "null") as {
    readonly arms: ReadonlyArray<{ readonly label: string }>
    readonly texts: ReadonlyArray<string>
    readonly items: ReadonlyArray<{
      readonly id: string
      readonly line: number
      readonly trials: ReadonlyArray<{ readonly answers: ReadonlyArray<readonly [number, number]> }>
    }>
  }
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("base64")

/** The page with everything, drawn once. */
const full = Effect.runSync(Effect.cached(pageOf({ items: 20, repeats: 2 }, fullReport())))

/** What is neither script nor style. */
const markupOf = (page: string) =>
  page.replace(/<script.*?<\/script>/gs, "").replace(/<style.*?<\/style>/gs, "")

/** Everything at once that could break out of its place. */
const EVIL = `$&$'$\` role="x" </script><script>document.title="pwned"</script><!--<img src=x onerror="x()">"'&amp;{{x}} javascript:alert(1) \u202eevil\u0000\u001b[31m\ud800\u2028</style></title></textarea>`

describe("a run's page", () => {
  it.effect("shows everything that the report and the store know", () =>
    Effect.gen(function* () {
      const page = yield* full
      const ids = [...page.matchAll(/<section id="([a-z]+)"/g)].map(([, id]) => id)
      assert.deepStrictEqual(ids, [
        "scores",
        "comparisons",
        "temperature",
        "repeats",
        "tags",
        "failures",
        "time",
        "latency",
        "cost",
        "judges",
        "items"
      ])
      for (const id of ids) assert.include(page, `<a href="#${id}">`)
      const said = [
        "SIMULATED: these answers were made up",
        "81.2% (77.4–85.0%)",
        "1 refused, 5 truncated, 1 off-schema",
        "+6.2 pt",
        "81.0% (77.2–84.8%) at 0",
        "Krippendorff’s α",
        "number theory",
        "Try again later.",
        "the verdict holds no number",
        "problems.jsonl:80",
        "gpt-6-luna retires on 2027-01-31.",
        "2 starts, 58.0 s of work together",
        "answered 429",
        "99% within 14.5 s",
        "Saved by caching",
        "1,552",
        "All 20 items of the run"
      ]
      for (const text of said) assert.include(page, text)
      assert.notInclude(page, "UNFINISHED")
      assert.notMatch(markupOf(page), /undefined|NaN|\[object/)
    })
  )

  it.effect("loads nothing, and lets run what its policy names by its hash and nothing else", () =>
    Effect.gen(function* () {
      const page = yield* full
      const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? ""
      const [style] = [...page.matchAll(/<style>(.*?)<\/style>/gs)].map(([, text]) => text ?? "")
      const [code, ...others] = [...page.matchAll(/<script>(.*?)<\/script>/gs)].map(
        ([, text]) => text ?? ""
      )
      assert.lengthOf(others, 0)
      const rules = policy.replaceAll("&#39;", "'")
      assert.include(rules, "default-src 'none';")
      assert.include(rules, `script-src 'sha256-${sha256(code ?? "")}';`)
      assert.include(rules, `style-src 'sha256-${sha256(style ?? "")}';`)
      assert.notMatch(rules, /unsafe|https?:/)
      // What the policy would stop is not there in the first place.
      const markup = markupOf(page)
      assert.notMatch(markup, /<[^>]*\s(?:style|on[a-z]+)=/)
      assert.notMatch(markup, /(?:src|href)="(?!#)/)
      assert.notMatch(markup, /<(?:img|link|iframe|object|embed|foreignObject|image|use|a href="j)/)
      assert.notMatch(
        code ?? "",
        /innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(/
      )
    })
  )

  it.effect("shows what a hostile model wrote, and nothing of it acts", () =>
    Effect.gen(function* () {
      const [first = "", ...labels] = LABELS
      const whole = fullReport()
      const report = fullReport({
        benchmark: EVIL,
        run: EVIL,
        complete: false,
        stopped: EVIL,
        arms: whole.arms.map((arm) =>
          arm.label === first ? { ...arm, label: EVIL, servedModels: [EVIL] } : arm
        ),
        failures: [{ reason: EVIL, items: 3, advice: EVIL }],
        scoreFailures: [{ scorer: EVIL, reason: EVIL }],
        warnings: [EVIL],
        tags: [{ tag: EVIL, items: 3, scores: whole.arms.map(({ score }) => score) }]
      })
      const shape = { items: 5, labels: [EVIL, ...labels], prompt: EVIL, answer: EVIL }
      const page = yield* pageOf(shape, report)
      assert.lengthOf(page.match(/<script/g) ?? [], 2)
      assert.lengthOf(page.match(/<\/script>/g) ?? [], 2)
      assert.lengthOf(page.match(/<style/g) ?? [], 1)
      assert.notInclude(page, "<!--")
      assert.notInclude(page, "<img")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there.
      assert.notMatch(page, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\ufeff]|\p{Cs}/u)
      assert.notMatch(page, /\\u(?:d[89a-f]|00[01]|202|206)/i)
      // Names are in plots whole, and plots are whole.
      assert.include(page, `>A $&amp;$'$\` role="x" &lt;/script&gt;`)
      for (const [, alt] of page.matchAll(/<svg role="img" aria-label="([^"]*)"/g)) {
        assert.notInclude(alt, "<")
      }
      for (const [svg] of page.matchAll(/<svg.*?<\/svg>/gs)) {
        assert.notMatch(svg.slice(4), /<svg/)
      }
      const { arms, texts } = json(page)
      assert.isTrue(texts.some((text) => text.includes("⟨U+202E⟩evil⟨U+0000⟩⟨U+001B⟩[31m⟨U+D800⟩")))
      assert.isTrue(texts.some((text) => text.includes("</script><script>")))
      assert.include(arms[0]?.label, "⟨U+202E⟩")
    })
  )

  it.effect("is the same for the same store", () =>
    Effect.gen(function* () {
      const shape = { items: 40 }
      assert.strictEqual(
        yield* pageOf(shape, undefined, { items: 10 }),
        yield* pageOf(shape, undefined, { items: 10 })
      )
    })
  )

  it.effect("can be read without eyes, mouse or script", () =>
    Effect.gen(function* () {
      const page = yield* full
      assert.match(page, /<html lang="en">/)
      for (const [svg] of page.matchAll(/<svg[^>]*>/g)) {
        assert.match(svg, /role="img" aria-label="[^"]{20,}"/)
      }
      assert.isAbove(page.match(/<svg/g)?.length ?? 0, 10)
      for (const [, control] of page.matchAll(/<(?:input|select)[^>]*id="([^"]+)"/g)) {
        assert.match(page, new RegExp(`<label>[^<]+<(?:input|select)[^>]*id="${control}"`))
      }
      for (const [table] of page.matchAll(/<table.*?<\/thead>/gs)) {
        assert.match(table, /<caption/)
        assert.match(table, /<th scope="col"/)
      }
      for (const [, place] of page.matchAll(/aria-labelledby="([^"]+)"/g)) {
        assert.include(page, `id="${place}"`)
      }
      const levels = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level))
      levels.reduce((before, level) => {
        assert.isAtMost(level, before + 1)
        return level
      }, 0)
      assert.include(page, "<noscript>")
      assert.include(page, 'class="skip" href="#main"')
    })
  )

  it.effect("plots hold shapes and texts only, in colours of the page", () =>
    Effect.gen(function* () {
      const page = yield* full
      for (const [svg] of page.matchAll(/<svg.*?<\/svg>/gs)) {
        const tags = new Set([...svg.matchAll(/<([a-zA-Z]+)/g)].map(([, tag]) => tag))
        for (const tag of tags) {
          assert.include(["svg", "g", "path", "line", "rect", "text", "tspan"], tag)
        }
        const colours = [...svg.matchAll(/(?:fill|stroke)="([^"]+)"/g)].map(([, colour]) => colour)
        for (const colour of colours)
          assert.match(colour ?? "", /^(?:var\(--[a-z0-9]+\)|none|transparent)$/)
      }
    })
  )
})

describe("a page of many items", () => {
  it.effect("shows a sample of every kind, and says how to get the rest", () =>
    Effect.gen(function* () {
      const page = yield* pageOf({ items: 400 }, undefined, { items: 40 })
      const { items } = json(page)
      assert.lengthOf(items, 40)
      assert.match(
        page,
        /40 of 400 items, chosen by a seeded draw: \d+ of \d+ with a failed request/
      )
      assert.include(page, "spillway export monday --format jsonl")
      const lines = items.map(({ line }) => line)
      assert.deepStrictEqual(
        lines,
        [...lines].sort((a, b) => a - b)
      )
    })
  )

  it.effect("has no list where none is asked for", () =>
    Effect.gen(function* () {
      const page = yield* pageOf({ items: 5 }, undefined, { items: 0 })
      assert.notInclude(page, "<script")
      assert.match(page, /0 of 5 items/)
    })
  )

  it.effect("cuts an answer of megabytes, says so, and leaves out evenly what finds no room", () =>
    Effect.gen(function* () {
      const answer = "x<".repeat(2_000_000)
      const page = yield* pageOf({ items: 3, labels: LABELS.slice(0, 1), answer })
      const { items, texts } = json(page)
      assert.isBelow(page.length, 1_000_000)
      const [ref] = items.flatMap(({ trials }) => trials.flatMap(({ answers }) => answers))
      assert.strictEqual(texts[ref?.[0] ?? -1]?.length, 20_000)
      assert.strictEqual(ref?.[1], 3_980_000)
      assert.include(page, "Texts beyond 20,000 characters are cut here")

      const long = `${"<".repeat(20_000)}`
      const crowded = yield* pageOf({ items: 160, labels: LABELS.slice(0, 1), prompt: long })
      assert.isBelow(crowded.length, 20 * 1024 * 1024)
      assert.match(crowded, /\d+ of these found no room in the page/)
      assert.isAbove(json(crowded).items.length, 100)
    })
  )
})

describe("a page of a run that is not at its end", () => {
  it.effect("says what is missing and why", () =>
    Effect.gen(function* () {
      const { requests } = plain
      const page = yield* pageOf(
        { items: 3 },
        plainReport({
          complete: false,
          stopped: "Interrupted.",
          requests: { ...requests, missing: 40 }
        })
      )
      assert.match(
        page,
        /class="banner unfinished">UNFINISHED: 40 of 240 requests are missing.*Interrupted\./
      )
    })
  )

  it.effect("says that a process works on it", () =>
    Effect.gen(function* () {
      const page = yield* pageOf({ items: 3 }, undefined, { running: true })
      assert.include(
        page,
        "UNDER WAY: a process is working on this run. The scores are those of its last scoring."
      )
    })
  )

  it.effect("has its counts and times before anything is scored", () =>
    Effect.gen(function* () {
      const page = yield* pageOf({ items: 0 }, undefined, { scored: false })
      assert.include(page, "UNFINISHED: the run ended before anything was scored.")
      assert.include(page, '<section id="time"')
      assert.include(page, "The store has no items of this run.")
      const under = yield* pageOf({ items: 0 }, undefined, { scored: false, running: true })
      assert.include(under, "There are no scores yet.")
      assert.include(under, "they are scored when the run has all its answers")
    })
  )
})
