/** The order of the test files: the longest first, so that none is left to run alone at the end. */
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** Longest first. One that is missing here costs seconds at the end of a run, no more. */
const SLOWEST = [
  "cli/Batch",
  "admission/Scenarios",
  "cli/Redis",
  "batch-jobs/Kill",
  "cli/Store",
  "batch-jobs/Killed",
  "cli/Stop",
  "docs/Examples",
  "cli/BadInput",
  "cli/Flags",
  "cli/Modes",
  "cli/Kill",
  "admission/Rivals",
  "bad-input/BatchFiles",
  "bad-input/BatchResults",
  "docs/Tour",
  "checkpoint/KilledWriter"
].map((name) => `/test/${name}.test.ts`)

const rank = ({ moduleId }: TestSpecification): number => {
  const found = SLOWEST.findIndex((name) => moduleId.endsWith(name))
  return found < 0 ? SLOWEST.length : found
}

export class SlowestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other))
  }
}
