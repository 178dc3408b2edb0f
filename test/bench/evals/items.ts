/** The evaluations of the bench: sums, each of which the responder answers with 42; half of them are right. */

export interface Sum {
  readonly question: string
  readonly answer: string
}

export const sums = (count: number): ReadonlyArray<Sum> =>
  Array.from({ length: count }, (_, n) => {
    // A different question for each, as a dataset has them; every second sum is 42.
    const [a, b] = [n + 1, n % 2 === 0 ? 41 - n : 42 - n]
    return {
      question: `A shop has ${a} boxes on its shelves and ${b} more are delivered (a negative number is taken away). How many boxes does it have then? Reason step by step, then end with the number.`,
      answer: String(a + b)
    }
  })

export const MODEL = "gpt-4o-mini"
export const MAX_TOKENS = 256
