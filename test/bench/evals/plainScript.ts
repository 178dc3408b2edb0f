/** What one would write without a framework: the `openai` client, so many calls at once, a score, a result file. */
import { createReadStream } from "node:fs"
import { writeFile } from "node:fs/promises"
import { createInterface } from "node:readline"
import OpenAI from "openai"
import { MAX_TOKENS, MODEL, type Sum } from "./items.ts"

const [file = "", out = "", baseURL = "", concurrency = "32"] = process.argv.slice(2)

const items: Array<Sum> = []
for await (const line of createInterface({ input: createReadStream(file) })) {
  items.push(JSON.parse(line))
}

const client = new OpenAI({ apiKey: "sk-bench", baseURL })
const results: Array<{ readonly item: Sum; readonly text: string; readonly score: number }> = []
let next = 0
const worker = async () => {
  while (next < items.length) {
    const item = items[next++]
    if (item === undefined) return
    const response = await client.chat.completions.create({
      model: MODEL,
      messages: [{ role: "user", content: item.question }],
      max_completion_tokens: MAX_TOKENS
    })
    const text = response.choices[0]?.message.content ?? ""
    const last = text.match(/-?\d+(\.\d+)?/g)?.at(-1)
    results.push({ item, text, score: Number(last === item.answer) })
  }
}
await Promise.all(Array.from({ length: Number(concurrency) }, worker))
await writeFile(out, JSON.stringify(results))
console.log(results.reduce((sum, { score }) => sum + score, 0) / results.length)
