/**
 * How many tokens the simulated provider counts and bills. An estimate of its own, without a vocabulary: four characters
 * of ASCII to a token, one for every other character. Real English comes to about the same; the client must not assume it.
 */
import type { JsonObject } from "../request/GenerateRequest.ts"
import type { Prompt } from "./Prompt.ts"

/** Tokens of a picture: 85 + 4 tiles of 170, what a 1,024 × 1,024 picture costs at high detail on a tile model. */
const IMAGE_TOKENS = 765
const PER_MESSAGE = 3
const PER_REQUEST = 3
const CHARACTERS_PER_TOKEN = 4

export const textTokens = (text: string): number => {
  let quarters = 0
  for (let i = 0; i < text.length; i++) quarters += text.charCodeAt(i) < 0x80 ? 1 : 4
  return Math.ceil(quarters / CHARACTERS_PER_TOKEN)
}

const jsonTokens = (value: unknown): number =>
  value === undefined ? 0 : textTokens(JSON.stringify(value))

/** Input tokens as billed: messages with their framing, pictures, tools and the answer's schema. */
export const inputTokens = (prompt: Prompt, body: JsonObject): number => {
  let total = PER_REQUEST + prompt.images * IMAGE_TOKENS
  for (const message of prompt.messages) total += PER_MESSAGE + textTokens(message.text)
  return total + jsonTokens(body.tools) + jsonTokens(body.response_format ?? body.text)
}

/** What admission takes for the input: characters over four, and pictures. It sees no tokens. */
export const estimatedInput = (prompt: Prompt): number =>
  Math.ceil(prompt.text.length / CHARACTERS_PER_TOKEN) + prompt.images * IMAGE_TOKENS

/** The longest beginning of a text that stays within a number of tokens; never half a surrogate pair. */
export const firstTokens = (text: string, tokens: number): string => {
  let quarters = tokens * CHARACTERS_PER_TOKEN
  let end = 0
  for (const character of text) {
    quarters -= character.charCodeAt(0) < 0x80 ? 1 : 4 * character.length
    if (quarters < 0) break
    end += character.length
  }
  return text.slice(0, end)
}
