/**
 * Which of the answers that a model could give a request gets. A request that says who it is (`X-Client-Request-Id`, or
 * `custom_id` in a batch, as Spillway makes them) gets the same one however often, in whatever order and by whatever way it
 * is sent, also from a provider that has started again. Of any other the n-th sending gets the n-th answer.
 */

/** Enough to tell samples of one content apart, and few enough that every choice of an answer has a number of its own. */
const DIGITS = 10

const attempted = /^[0-9a-f]{32}-\d/
const hashed = /^[0-9a-f]{64}$/

const drawOf = (form: RegExp, id: string | undefined): number | undefined =>
  id !== undefined && form.test(id) ? Number.parseInt(id.slice(0, DIGITS), 16) : undefined

/** A whole number below 2⁴⁰; `undefined` for a request without the header, or with one of another form. */
export const ofClientRequestId = (id: string | undefined): number | undefined =>
  drawOf(attempted, id)

/** The same for the same request as a line of a batch; `undefined` for an id that a user has chosen. */
export const ofCustomId = (id: string): number | undefined => drawOf(hashed, id)
