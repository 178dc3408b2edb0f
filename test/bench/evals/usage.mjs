/** Preloaded into every client: at its end it writes down what the process took, promptfoo's too. */
import { writeFileSync } from "node:fs"

const { SPILLWAY_BENCH_USAGE: folder } = process.env
if (folder !== undefined) {
  process.on("exit", () => {
    const { maxRSS, systemCPUTime, userCPUTime } = process.resourceUsage()
    const usage = { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakRssMb: maxRSS / 1024 }
    writeFileSync(`${folder}/${process.pid}.json`, JSON.stringify(usage))
  })
}
