/** Score against temperature: arms that differ in nothing else, put side by side. */
import type { ArmReport, BenchmarkReport } from "../../report/BenchmarkReport.ts"

/** `undefined` where nothing was run at two temperatures. */
export const make = (arms: ReadonlyArray<ArmReport>): BenchmarkReport["temperatureCurves"] => {
  const families = Map.groupBy(
    arms.filter(({ temperature }) => temperature !== null),
    ({ model, prompt, reasoningEffort }) => JSON.stringify([model, reasoningEffort, prompt])
  )
  const curves = Array.from(families.values(), (family) => ({
    name: nameOf(family[0]),
    points: family
      .flatMap(({ score, temperature }) => (temperature === null ? [] : [{ temperature, score }]))
      .sort((one, other) => one.temperature - other.temperature)
  })).filter(({ points }) => points.length > 1)
  return curves.length === 0 ? undefined : curves
}

const nameOf = (arm: ArmReport | undefined): string =>
  arm === undefined ? "" : arm.label.replace(` t=${arm.temperature}`, "")
