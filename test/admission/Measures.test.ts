import { assert, describe, it } from "@effect/vitest"
import * as CircuitMeasures from "../bench/admission/CircuitMeasures.ts"
import * as Measures from "../bench/admission/Measures.ts"
import type { Scenario, ScenarioName } from "../bench/admission/Scenario.ts"
import { scenarios } from "../bench/admission/Scenarios.ts"
import * as Traffic from "../bench/admission/Traffic.ts"

const MINUTE = 60_000

/** 500 requests and 200,000 tokens a minute; 20 minutes. */
const small = (name: ScenarioName, variant: string): Scenario => {
  const found = scenarios(name, { tier: "small", minutes: 20 }).find(
    (each) => each.variant === variant
  )
  if (found === undefined) throw new Error(`There is no ${name}, ${variant}`)
  return found
}

const exchange = (
  sentAt: number,
  rest: Partial<Traffic.Exchange> & { readonly takes?: number } = {}
): Traffic.Exchange => {
  const { takes = 1_000, ...given } = rest
  return {
    sentAt,
    charge: 1_000,
    attempt: 0,
    waited: undefined,
    arrivedAt: sentAt + 20,
    served: true,
    headAt: sentAt + takes,
    status: 200,
    told: true,
    billing: false,
    endedAt: sentAt + takes,
    cut: false,
    ...given
  }
}

const refused = (sentAt: number): Traffic.Exchange =>
  exchange(sentAt, { status: 429, served: false, takes: 50 })

const traffic = (
  exchanges: Array<Traffic.Exchange>,
  rest: Partial<Traffic.Traffic> = {}
): Traffic.Traffic => ({ ...Traffic.make(), exchanges, ...rest })

/** Of one request a second with this charge, from one second to another. */
const evenly = (charge: number, from: number, to: number): Array<Traffic.Exchange> =>
  Array.from({ length: to - from }, (_, second) => exchange((from + second) * 1_000, { charge }))

const nobody = { neighbourRequests: 0, neighbourTokens: 0 }

describe("how much of the quota was used", () => {
  it("counts the initial level and what flows in, also where the client left the bucket full", () => {
    // 200,000 + 20 * 200,000 tokens were there to be had.
    const account = { ...nobody, admittedRequests: 100, admittedTokens: 2_100_000 }
    assert.strictEqual(
      Measures.utilisation(small("G1", "steady"), account, 20 * MINUTE),
      2_100_000 / 4_200_000
    )
  })

  it("is that of the resource that binds", () => {
    const account = { ...nobody, admittedRequests: 10_500, admittedTokens: 210_000 }
    assert.strictEqual(Measures.utilisation(small("G1", "steady"), account, 20 * MINUTE), 1)
  })

  it("reckons a changed limit from the moment of its change", () => {
    // 200,000 + 10 * 200,000 + 10 * 20,000 tokens.
    const account = { ...nobody, admittedRequests: 0, admittedTokens: 1_200_000 }
    assert.closeTo(
      Measures.utilisation(small("G2", "limits x0.1"), account, 20 * MINUTE),
      1_200_000 / 2_400_000,
      1e-9
    )
  })

  it("does not ask for what a neighbour was given", () => {
    const account = {
      admittedRequests: 0,
      admittedTokens: 1_050_000,
      neighbourRequests: 0,
      neighbourTokens: 2_100_000
    }
    assert.strictEqual(Measures.utilisation(small("G3", "poisson 50%"), account, 20 * MINUTE), 0.5)
  })
})

describe("which 429s could have been avoided", () => {
  it("all of them, where nothing outside moved the quota", () => {
    const seen = traffic([refused(0), refused(1_000)])
    assert.strictEqual(Measures.avoidable429(small("G1", "steady"), seen), 2)
  })

  it("after a change, those sent once a response had shown it", () => {
    const change = 10 * MINUTE
    const seen = traffic([
      // Let in before the change: its head, which comes after it, knows nothing of it.
      exchange(change - 500, { takes: 5_000 }),
      refused(change + 1_000),
      // Let in after the change: its head shows it, 4 s after the change.
      exchange(change, { takes: 4_000 }),
      refused(change + 3_999),
      refused(change + 4_001)
    ])
    // The first refusal tells it as well, 1,050 ms after the change: two were sent in the knowledge.
    assert.strictEqual(Measures.avoidable429(small("G2", "limits x0.5"), seen), 2)
  })

  it("a head without readable limits shows nothing", () => {
    const change = 10 * MINUTE
    const mute = { ...refused(change + 1_000), told: false }
    const seen = traffic([mute, { ...refused(change + 5_000), told: false }])
    assert.strictEqual(Measures.avoidable429(small("G2", "limits x0.5"), seen), 0)
  })

  it("is not defined where the quota moves all the time", () => {
    const seen = traffic([refused(0)])
    assert.isUndefined(Measures.avoidable429(small("G3", "poisson 50%"), seen))
  })

  it("a refusal about money is no refusal for rate", () => {
    const seen = traffic([{ ...refused(0), billing: true }])
    assert.strictEqual(Measures.avoidable429(small("G1", "steady"), seen), 0)
    assert.strictEqual(Measures.rateLimitedShare(seen), 0)
  })
})

describe("when things are well again", () => {
  const outage = small("G5", "503 for 120 s")
  const [during] = outage.disturbances
  const end = (during?.to ?? 0) / 1_000

  it("counts the seconds until the throughput of before is back", () => {
    const seen = traffic([...evenly(3_000, 0, end - 120), ...evenly(3_000, end + 7, end + 100)])
    const seconds = Measures.recoverySeconds(outage, seen, outage.lasts) ?? 0
    assert.closeTo(seconds, 7, 1)
  })

  it("is not hastened by a burst that follows a silence", () => {
    const burst = Array.from({ length: 50 }, () => exchange((end + 28) * 1_000, { charge: 3_000 }))
    const seen = traffic([
      ...evenly(3_000, 0, end - 120),
      exchange(end * 1_000),
      exchange((end + 14) * 1_000),
      ...burst,
      ...evenly(3_000, end + 28, end + 100)
    ])
    assert.isAtLeast(Measures.recoverySeconds(outage, seen, outage.lasts) ?? 0, 23)
  })

  it("is never, for a client that does not come back", () => {
    const seen = traffic(evenly(3_000, 0, end))
    assert.strictEqual(
      Measures.recoverySeconds(outage, seen, outage.lasts),
      Number.POSITIVE_INFINITY
    )
  })

  it("a client that is stuck has served nothing in the last minute", () => {
    const steady = small("G1", "steady")
    assert.strictEqual(
      Measures.lastMinuteShare(steady, traffic(evenly(3_333, 0, 1_100)), steady.lasts),
      0
    )
    assert.closeTo(
      Measures.lastMinuteShare(steady, traffic(evenly(3_333, 0, 1_200)), steady.lasts),
      1,
      0.01
    )
  })

  it("a client that goes on at the old rate has not followed a decrease", () => {
    const halved = small("G2", "limits x0.5")
    const deaf = traffic(evenly(3_333, 0, 1_200))
    assert.strictEqual(
      Measures.adaptationSeconds(halved, deaf, halved.lasts),
      Number.POSITIVE_INFINITY
    )
    // The first response that shows it comes at 601 s; 20 s later the client heeds it.
    const late = traffic([...evenly(3_333, 0, 621), ...evenly(1_600, 621, 1_200)])
    const seconds = Measures.adaptationSeconds(halved, late, halved.lasts) ?? 0
    assert.isAbove(seconds, 8)
    assert.isAtMost(seconds, 20)
  })
})

describe("retries and circuits", () => {
  it("counts retries sent within a second of their failure, beyond one a second", () => {
    const retries = (waited: number) =>
      Array.from({ length: 40 }, (_, n) => exchange(n * 200, { attempt: 1, waited }))
    // 40 sends in 8 s, all of them immediate retries: 30 above the reserve.
    assert.strictEqual(Measures.immediateRetryShare(traffic(retries(100))), 30 / 40)
    assert.strictEqual(Measures.immediateRetryShare(traffic(retries(5_000))), 0)
  })

  it("leaves what is still in flight out of the attempts", () => {
    const pending = { ...exchange(3_000), endedAt: undefined }
    const seen = traffic([exchange(0), exchange(1_000), exchange(2_000), pending], { answered: 2 })
    assert.strictEqual(Measures.attemptsPerSuccess(seen), 1.5)
    // A third of them failed: no client could have done with less.
    assert.closeTo(Measures.attemptsOverLeast(seen, 1 / 3) ?? 0, 1, 1e-9)
  })

  it("sees what is sent while a circuit is open, and how many probes go within a second", () => {
    const circuit: Traffic.Traffic["circuit"] = [
      { at: 0, to: "closed" },
      { at: 1_000, to: "open" },
      { at: 2_000, to: "half-open" },
      { at: 4_000, to: "closed" }
    ]
    const seen = traffic(
      [500, 1_000, 1_500, 2_000, 2_100, 3_100, 4_000].map((at) => exchange(at, { takes: 500 })),
      { circuit }
    )
    assert.strictEqual(CircuitMeasures.timesOpened(seen), 1)
    assert.strictEqual(CircuitMeasures.sendsWhileOpen(seen), 1)
    assert.strictEqual(CircuitMeasures.halfOpenBurst(seen), 2)
    assert.isUndefined(CircuitMeasures.sendsWhileOpen(traffic([exchange(0)])))
  })

  it("sees what is sent after the account was said to have run dry", () => {
    const dry = { ...refused(1_000), billing: true }
    const seen = traffic([exchange(0), dry, refused(1_049), refused(1_051)])
    assert.strictEqual(CircuitMeasures.sendsAfterBilling(seen), 1)
  })
})
