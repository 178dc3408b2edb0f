/** What is asked: items of a few hundred bytes. */

export const NAME = "resume"

/** The parts of every request. */
export const SHARED = {
  model: "gpt-4o-mini",
  system: "You are a careful accountant. Answer with one number and nothing else.",
  temperature: 0,
  maxOutputTokens: 50
}

const STORY =
  "A merchant keeps her books in an unusual way: she notes the number of each delivery, adds up its digits, and puts the sum beside it, so that a slip of the pen is found at the end of the day."

export const questionOf = (index: number): string =>
  `${STORY} Delivery ${index} has come in. What is the sum of the digits of ${index}?`
