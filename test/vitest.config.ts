/** Tests run from source, on the Node that the `node` dev dependency brings, whatever the shell has. */
import { availableParallelism } from "node:os"
import { defaultServerConditions } from "vite"
import { defineConfig } from "vitest/config"
import { SlowestFirst } from "./SlowestFirst.ts"

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  throw new Error(
    `Tests need Node 22.19 or later, this is ${process.version}: the "node" dev dependency was installed without ` +
      "its script. Run: npm rebuild node --ignore-scripts=false"
  )
}

const report = process.env.SPILLWAY_TEST_REPORT

const all = ["test/**/*.test.ts", "examples/**/*.test.ts"]

/** Each in a process of its own: they start others, wait on a real clock, or change or measure what is global. */
const apart = [
  "test/{admission,cli,docs}/**/*.test.ts",
  "test/bad-input/Batch*.test.ts",
  "test/batch-jobs/Kill*.test.ts",
  "test/checkpoint/{KilledWriter,SqliteFailures}.test.ts",
  "test/pains/LongAnswer.test.ts",
  "test/simulator/batch/Large.test.ts"
]

export default defineConfig({
  ssr: { resolve: { conditions: ["spillway-source", ...defaultServerConditions] } },
  test: {
    // One kind after the other: a crowd of processes would only disturb tests that count turns of the event loop.
    projects: [
      {
        extends: true,
        test: {
          name: "apart",
          include: apart,
          globalSetup: "test/cli/Build.ts",
          sequence: { groupOrder: 0 },
          // More than the cores: these wait most of their time.
          maxWorkers: availableParallelism() + 1
        }
      },
      {
        extends: true,
        test: {
          name: "together",
          include: all,
          exclude: apart,
          sequence: { groupOrder: 1 },
          // Their processes load Effect and the sources once, which else takes half of the time.
          isolate: false,
          // One fewer than the cores, the default, is one alone on a small machine.
          maxWorkers: Math.max(2, availableParallelism() - 1)
        }
      }
    ],
    testTimeout: 30_000,
    sequence: { sequencer: SlowestFirst },
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    coverage: { provider: "v8", include: ["src/**/*.ts", "layers/**/*.ts"], reporter: ["text"] }
  }
})
