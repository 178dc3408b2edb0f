/** Which byte-pair encoding a model reads, by its name: a tokenizer needs no catalogue. */
export type EncodingName = "o200k_base" | "cl100k_base"

/** The model behind a tuned one's name: `ft:gpt-4o-mini-2024-07-18:acme::Ab12` is `gpt-4o-mini-2024-07-18`. */
export const baseOf = (model: string): string =>
  model.startsWith("ft:") ? (model.split(":")[1] ?? "") : model

/** Embeddings and what came before gpt-4o. */
const OLDER = /^(gpt-3\.5|gpt-4($|-(turbo|\d))|text-embedding-)/

/** Names that OpenAI gives; of others the encoding is a guess. */
const OPENAI = /^(gpt-|chatgpt-|o\d|text-embedding-)/

export const encodingOf = (model: string): EncodingName =>
  OLDER.test(baseOf(model)) ? "cl100k_base" : "o200k_base"

export const isOpenAi = (model: string): boolean => OPENAI.test(baseOf(model))

/** The o-series and gpt-5.x report one token less than the sum of the parts. */
export const reportsOneLess = (model: string): boolean => /^(o\d|gpt-5)/.test(baseOf(model))
