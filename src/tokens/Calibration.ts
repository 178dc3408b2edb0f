/**
 * What the formulas get wrong for a model, learnt from the input tokens that its answers report. One running ratio of
 * reported to estimated tokens, weighted by tokens, in which an answer counts half as much after 35 later ones.
 */

export interface Calibration {
  /** Decayed sums of tokens. */
  readonly estimated: number
  readonly reported: number
}

/** Weight of the belief that the formulas are right, in tokens: about one prompt. */
const PRIOR = 500
const DECAY = 0.98
/** Beyond these the estimate was not of the same thing (a stored prompt, a provider's tool): no admission is built on it. */
const LOWEST = 0.25
const HIGHEST = 4

export const initial: Calibration = { estimated: PRIOR, reported: PRIOR }

const bounded = (ratio: number): number => Math.min(HIGHEST, Math.max(LOWEST, ratio))

export const ratio = (calibration: Calibration): number =>
  bounded(calibration.reported / calibration.estimated)

/** One more answer. What is no measurement (nothing estimated, nothing reported, not a number) changes nothing. */
export const learn = (
  calibration: Calibration,
  estimated: number,
  reported: number
): Calibration => {
  if (!(estimated > 0 && reported > 0 && estimated + reported < Number.POSITIVE_INFINITY)) {
    return calibration
  }
  return {
    estimated: calibration.estimated * DECAY + estimated,
    reported: calibration.reported * DECAY + estimated * bounded(reported / estimated)
  }
}
