/** What a block of items is known by: the SHA-256 of everything that decides what they are and ask for. */
import type { Digest } from "../checkpoint/Sha256.ts"
import type { Staged } from "./Preparer.ts"

/** Characters that are digested at once: items may be large, and nothing of them is kept. */
const MOST = 10_000

export interface BlockText<Item> {
  readonly add: (staged: Staged<Item>) => void
  /** The digest of all since the last call. */
  readonly close: () => string
}

/**
 * @param header what all items of the run have in common
 * @param sample of an item, where it decides about its key
 */
export const make = <Item>(
  digest: Digest,
  header: string,
  sample: (item: Item) => number
): BlockText<Item> => {
  let [before, text] = [header, ""]
  const close = () => {
    const made = digest(`${before}\n${text}`)
    before = header
    text = ""
    return made
  }
  return {
    add: (staged) => {
      text += lineOf(staged, sample)
      if (text.length < MOST) return
      before = digest(`${before}\n${text}`)
      text = ""
    },
    close
  }
}

/** Items that cannot be sent are looked at by themselves: of those the id will do. JSON has no line breaks. */
const lineOf = <Item>(
  { id, item, request }: Staged<Item>,
  sample: (item: Item) => number
): string => {
  if (request !== undefined) {
    try {
      const { body, endpoint } = request
      return `${endpoint} ${sample(item)} ${JSON.stringify(id)} ${JSON.stringify(body)}\n`
    } catch {
      // What JSON cannot write is refused when it is numbered.
    }
  }
  return `refused ${JSON.stringify(id ?? null)}\n`
}
