import { ChargeScale } from "spillway/rate-limit/ChargeScale"
const K = Number(process.env.K ?? 1)
import { BucketMirror } from "spillway/rate-limit/BucketMirror"
import { defaults } from "spillway/config/RateLimitConfig"
const rng = (seed: number) => { let s = seed * 2654435761 >>> 0; return () => { s |= 0; s = s + 0x6D2B79F5 | 0; let t = Math.imul(s ^ s >>> 15, 1 | s); t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t; return ((t ^ t >>> 14) >>> 0) / 4294967296 } }
type Ev = { t: number; f: () => void; n: number }
class Heap { a: Ev[] = []; n = 0
  push(t: number, f: () => void) { const e = { t, f, n: this.n++ }; const a = this.a; a.push(e); let i = a.length - 1; while (i > 0) { const p = (i - 1) >> 1; if (a[p]!.t < a[i]!.t || (a[p]!.t === a[i]!.t && a[p]!.n < a[i]!.n)) break; [a[p], a[i]] = [a[i]!, a[p]!]; i = p } }
  pop() { const a = this.a; const r = a[0]!; const l = a.pop()!; if (a.length) { a[0] = l; let i = 0; for (;;) { let c = 2 * i + 1; if (c >= a.length) break; if (c + 1 < a.length && (a[c + 1]!.t < a[c]!.t || (a[c + 1]!.t === a[c]!.t && a[c + 1]!.n < a[c]!.n))) c++; if (a[i]!.t < a[c]!.t || (a[i]!.t === a[c]!.t && a[i]!.n < a[c]!.n)) break; [a[c], a[i]] = [a[i]!, a[c]!]; i = c } } return r }
}
const tiers = { small: [500, 200_000], large: [10_000, 2_000_000] } as const
export const sim = (o: { tier: keyof typeof tiers; seed: number; minutes: number; neighbour?: (t: number, r: () => number) => number; change?: number; headroom?: number; from?: number; to?: number }) => {
  const r = rng(o.seed), h = new Heap(); const end = o.minutes * 60000
  let [R, T] = tiers[o.tier] as readonly [number, number]; let lr: number = R, lt: number = T
  const known = { requestsPerMinute: R, tokensPerMinute: T }
  let last = 0, now = 0, own = 0, nb = 0, sent = 0, n429 = 0, capT = T as number, changedSeen = Infinity, avoid = 0
  const refill = (t: number) => { lr = Math.min(R, lr + (t - last) * R / 60000); lt = Math.min(T, lt + (t - last) * T / 60000); capT += (t - last) * T / 60000; last = t }
  const m = new BucketMirror({ ...defaults, ...known, headroom: o.headroom ?? 0.05 }, 0)
  const normal = () => Math.sqrt(-2 * Math.log(1 - r())) * Math.cos(2 * Math.PI * r())
  let next: number | undefined, out = 0, timer = -1
  const scale = new ChargeScale()
  const draw = () => { const p = Math.round(600 * Math.exp(0.8 * normal())); const u = r(); const b = u < .5 ? 256 : u < .9 ? 1024 : 4096; return Math.max(p, b) * 10000 + b }
  const pump = () => {
    for (;;) {
      next ??= draw(); const charge = Math.floor(next / 10000), bound = next % 10000
      const c = { requests: 1, tokens: scale.of(charge, now) }
      const at = m.nextAdmission(c, now)
      if (at > now) { const w = Math.max(now + 1, Math.ceil(at)); if (timer < now || w < timer) { timer = w; h.push(w, () => { if (timer === w) timer = -1; pump() }) } return }
      next = undefined; m.take(c, now); const mark = m.depart(c, now); sent++; out++
      const sentAt = now
      h.push(now + 10 + 30 * r(), () => {
        refill(now)
        const ok = lr >= 1 && lt >= charge * K
        if (process.env.DBG && !ok && n429 < 2000) console.log("429", "t", (now/1000).toFixed(3), "order", mark.order, "charge", charge, "lt", Math.round(lt), "believed", Math.round((m as any).tokens.minute.level + charge), "drain", ((m as any).tokens.minute.neighbours.rate(now)*60000/T).toFixed(2), "anchorlag", mark.order - (m as any).tokens.minute.anchor)
        if (ok) { lr--; lt -= charge * K; own += charge * K } else { lr = Math.max(0, lr - 1); n429++; if (sentAt > changedSeen) avoid++; }
        const head = { requests: { limit: Math.round(R), remaining: Math.floor(lr) }, tokens: { limit: Math.round(T), remaining: Math.floor(lt) } }
        const wait = Math.max((1 - lr) * 60000 / R, (charge * K - lt) * 60000 / T)
        h.push(now + (ok ? 300 + bound / .08 : 10) + 10 + 30 * r(), () => { out--; const B = (m as any).tokens.minute; const acc = mark.order > B.anchor; const bl = B.level, bd = B.neighbours.rate(now); const OBS = process.env.OBS?.split('-').map(Number); queueMicrotask; if (OBS && now/1000 > OBS[0]! && now/1000 < OBS[1]! && acc) { m.observe(head, mark, now, !ok); console.log('obs', (now/1000).toFixed(3), 'sent', (sentAt/1000).toFixed(3), ok ? 'ok' : '429', 'R', head.tokens.remaining, 'level', Math.round(bl), '->', Math.round(B.level), 'drain', (bd*60000/T).toFixed(2), '->', (B.neighbours.rate(now)*60000/T).toFixed(2), 'true', Math.round(lt)) } else m.observe(head, mark, now, !ok); if (o.change && head.tokens.limit === Math.round(tiers[o.tier][1] * o.change)) changedSeen = Math.min(changedSeen, now); if (!ok) { scale.learn(Math.ceil(charge * K), charge, now); m.pause(now + Math.max(1, Math.ceil(wait))); n429at.push(Math.round(now/1000)); draw(); } pump() })
      })
    }
  }
  const n429at: number[] = []
  if (o.neighbour) { const slot = (): void => { refill(now); const t = now; const want = (t >= (o.from ?? 0) && t < (o.to ?? Infinity)) ? o.neighbour!(t, r) : 0; const a = Math.min(lt, want * T / 600), b = Math.min(lr, want * R / 600); lt -= a; nb += a; lr -= b; h.push(now + 100, slot) }; h.push(100, slot) }
  if (o.change) h.push(end / 2, () => { refill(now); R *= o.change!; T *= o.change!; lr = Math.min(lr, R); const cut = Math.max(0, lt - T); capT -= cut; lt = Math.min(lt, T) })
  h.push(0, pump)
  while (h.a.length && h.a[0]!.t <= end) { const e = h.pop(); now = e.t; e.f() }
  refill(end)
  return { util: own / (capT - nb), sent, n429, share: n429 / sent, avoid, at: n429at.slice(0, 12).join(" ") }
}
const poisson = (share: number) => (_t: number, r: () => number) => { let c = -1; for (let t = 0; t < 1; c++) t -= Math.log(1 - r()); return c * share }
const square = (t: number) => (t % 60000) < 30000 ? 1 : 0
const cases: Record<string, any> = { G1: {}, x05: { change: .5 }, x2: { change: 2 }, x01: { change: .1 }, p50: { neighbour: poisson(.5) }, p90: { neighbour: poisson(.9) }, sq: { neighbour: square }, sq50: { neighbour: (t: number) => square(t) * .5 }, full60: { neighbour: () => 1, from: 300000, to: 360000 } }
const only = process.argv[2]?.split(",")
if (process.env.DBG) { const [t, k, sd] = process.env.DBG.split(":"); console.log(sim({ tier: t as "small", seed: Number(sd), minutes: 20, ...cases[k!] })); process.exit() }
for (const tier of ["small", "large"] as const) for (const [k, v] of Object.entries(cases)) { if (only && !only.includes(k)) continue; const res = [1, 2, 3, 4, 5, 6].map((seed) => sim({ tier, seed, minutes: 20, ...v })); const f = (x: number) => (100 * x).toFixed(2); console.log(tier, k.padEnd(7), "util", res.map((x) => f(x.util)).join(" "), "| 429%", res.map((x) => f(x.share)).join(" "), "| n", res.map((x) => x.n429).join(" "), "avoid", res.map((x) => x.avoid).join(" "), "sent", res[0]!.sent, "|", res[0]!.at) }
