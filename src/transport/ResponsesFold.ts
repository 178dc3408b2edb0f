/**
 * Folds the events of a streamed response to the body that the same answer has without streaming: the one that its last
 * event carries. Where that one's output was left out, it is put together from the items that came before.
 */
import type { BodyFold } from "./ServerSentEvents.ts"
import * as Wire from "./Wire.ts"

const last = new Set<unknown>([
  "response.completed",
  "response.incomplete",
  "response.failed",
  "response.cancelled"
])

export const make = (): BodyFold => {
  const items: Array<readonly [number, unknown]> = []
  let final: Wire.Fields | undefined
  return {
    add: (event) => {
      const { type } = event
      if (type === "response.output_text.delta") return Wire.string(event.delta)
      if (type === "response.output_item.done") {
        items.push([Wire.count(event.output_index), event.item])
      } else if (last.has(type)) {
        final = Wire.fields(event.response)
      }
      return ""
    },
    ended: () => final !== undefined,
    body: () =>
      final !== undefined && items.length > 0 && Wire.list(final.output).length === 0
        ? { ...final, output: items.toSorted(([a], [b]) => a - b).map(([, item]) => item) }
        : final
  }
}
