/**
 * The policy of a shared quota, as Redis runs it: one script call is one decision, on the clock of Redis. It takes in what
 * a process has sent and heard, and leases it the next slice of the quota. What goes in and comes out: `QuotaScript.ts`.
 *
 * The arithmetic is that of `src/rate-limit/Bucket.ts`: `net` is refill less everything sent, so a response's `remaining`
 * and the `net` at its snapshot give the level now. What other processes have sent is known with a delay: all that was not
 * reported for certain before the fence counts as not yet seen by the provider, so that the level errs to the low side.
 *
 * Keys: a hash with the quota's state, a hash with a line for each process: when its lease ends, what it holds, what
 * it had sent, and its place in the queue with what it waits for.
 */
export const lua = `
local FENCE, COLD, BELIEVABLE, PEAKS = 120, 0.1, 100, 48
local GRAIN, MEMORY = 20, 10000
local EPISODE, RECOVERY, LOWEST = 10000, 900000, 0.0625
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local ask = cjson.decode(ARGV[1])
local me = ask.worker

local function text(n) return string.format('%.17g', n) end
local function numbers(line)
  local all = {}
  for word in string.gmatch(line, '%S+') do all[#all + 1] = tonumber(word) end
  return all
end

-- The state, and what it starts from: nothing, or what a process still knows of a state that is gone.
local s, raw = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #raw, 2 do s[raw[i]] = tonumber(raw[i + 1]) or raw[i + 1] end
if not s.epoch then
  s = { epoch = math.floor(now), at = now, r = 0, t = 0, seenR = 0, seenT = 0, seenAt = now,
    nextR = 0, nextT = 0, nextAt = now, paused = 0, share = 1, slowed = 0, ticket = 0,
    minute = 0, usedR = 0, usedT = 0, beforeR = 0, beforeT = 0 }
  redis.call('DEL', KEYS[3])
end
for name, known in pairs(ask.known) do
  if s[name .. ':learned'] ~= 1 then
    s[name .. ':limit'], s[name .. ':learned'] = known[1], 1
    s[name .. ':level'] = math.min(known[1], known[2], s[name .. ':level'] or math.huge)
  end
end

local buckets = {}
local function bucket(name, unit, window, guess, headroom, reported)
  if not s[name .. ':limit'] then
    if not guess then return end
    s[name .. ':limit'] = guess
    if reported then
      -- A limit that shows only now has seen everything that was sent.
      s[name .. ':level'] = guess
    end
  end
  local b = { name = name, unit = unit, window = window, headroom = headroom,
    cap = ask[(unit == 'r' and 'rp' or 'tp') .. (window > 60000 and 'd' or 'm')],
    limit = s[name .. ':limit'], learned = s[name .. ':learned'] == 1, level = s[name .. ':level'],
    anchor = s[name .. ':anchor'] or 0, doubt = s[name .. ':doubt'], pace = s[name .. ':pace'],
    peaks = numbers(s[name .. ':peaks'] or '') }
  function b.rate() return b.limit / b.window end
  function b.capacity() return b.learned and b.limit or COLD * b.limit end
  function b.net(at, sent) return (at - s.epoch) * b.rate() - sent end
  b.level = b.level or b.capacity()
  buckets[#buckets + 1] = b
  return b
end
local head = ask.head or {}
local reports = head.reports or {}
local function first(report) return report and report.limit end
local day = math.min(ask.headroom, 0.005)
bucket('rm', 'r', 60000, ask.rpm, ask.headroom)
bucket('tm', 't', 60000, ask.tpm, ask.headroom)
bucket('tp', 't', 60000, first(reports.tp), ask.headroom, true)
bucket('rd', 'r', 86400000, ask.rpd or first(reports.rd), day, not ask.rpd)
bucket('td', 't', 86400000, ask.tpd or first(reports.td), day, not ask.tpd)

-- The processes: those whose lease ended give back what they held.
local out, back, live, mine, waiting = { r = 0, t = 0 }, { r = 0, t = 0 }, 1, nil, {}
local lines = redis.call('HGETALL', KEYS[2])
for i = 1, #lines, 2 do
  local id, w = lines[i], numbers(lines[i + 1])
  if w[1] <= now then
    back.r, back.t = back.r + w[2], back.t + w[3]
    redis.call('HDEL', KEYS[2], id)
  elseif id == me then
    mine = w
  else
    live, out.r, out.t = live + 1, out.r + w[2], out.t + w[3]
    if w[6] > 0 then waiting[#waiting + 1] = w end
  end
end
local held = mine and { r = mine[2], t = mine[3] } or { r = 0, t = 0 }

-- Time passes.
local passed = math.max(0, now - s.at)
s.at = now
local function share()
  if s.share >= 1 then return 1 end
  local recovered = math.max(0, now - s.slowed) / RECOVERY
  if recovered >= 1 then s.share = 1 return 1 end
  return s.share + (1 - s.share) * recovered
end
local minute = math.floor(now / 60000)
if minute ~= s.minute then
  local follows = minute == s.minute + 1
  s.beforeR, s.beforeT = follows and s.usedR or 0, follows and s.usedT or 0
  s.minute, s.usedR, s.usedT = minute, 0, 0
end
for _, b in ipairs(buckets) do
  local u = b.unit
  local most = math.max(b.level, b.capacity() - out[u] - held[u] - back[u])
  b.level = math.min(most, b.level + passed * b.rate()) + back[u]
  -- A lease is used up to its length later than it was given: the pace leaves that much of a minute free.
  b.paced = b.window == 60000 and (ask.burst < 1 or share() < 1)
  local slack = 1 - 2 * ask.lease / 60000
  b.top = share() < 1 and 0 or ask.burst * b.limit
  if b.paced then b.pace = math.min(b.top, (b.pace or b.top) + passed * b.rate() * share() * slack + back[u]) end
end

-- What this process sent, and what it does not hold any more.
local sent = { r = math.max(0, ask.sent[1] - (mine and mine[4] or ask.acked[1])),
  t = math.max(0, ask.sent[2] - (mine and mine[5] or ask.acked[2])) }
local holds = { r = ask.holds[1], t = ask.holds[2] }
for _, b in ipairs(buckets) do
  local u = b.unit
  if sent[u] > 0 then
    local net, p = b.net(now, s[u]), b.peaks
    while #p > 0 and p[#p] <= net do p[#p] = nil p[#p] = nil end
    p[#p + 1], p[#p + 2] = now, net
    if #p > 2 * PEAKS then
      local fewer = {}
      for i = 1, #p, 4 do
        fewer[#fewer + 1] = p[i + 2] or p[i]
        fewer[#fewer + 1] = p[i + 1]
      end
      b.peaks = fewer
    end
  end
  local rest = held[u] - sent[u] - holds[u]
  b.level = b.level + rest
  if b.paced then b.pace = b.pace + rest end
end
s.r, s.t = s.r + sent.r, s.t + sent.t
s.usedR, s.usedT = s.usedR + sent.r, s.usedT + sent.t
out.r, out.t = out.r + holds.r, out.t + holds.t
local newest = redis.call('ZRANGE', KEYS[3], -1, -1, 'WITHSCORES')
if (sent.r > 0 or sent.t > 0) and not (newest[2] and now - newest[2] < GRAIN) then
  redis.call('ZADD', KEYS[3], text(now), text(s.r) .. ' ' .. text(s.t))
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', text(now - MEMORY))
end
if now - s.nextAt >= FENCE then
  s.seenR, s.seenT, s.seenAt = s.nextR, s.nextT, s.nextAt
  s.nextR, s.nextT, s.nextAt = s.r, s.t, now
end

-- What the provider said.
local function believe(b, told)
  if ask.cap and b.cap then told = math.min(told, b.cap) end
  local ratio = told / b.limit
  if b.learned and (ratio > BELIEVABLE or ratio < 1 / BELIEVABLE) and b.doubt ~= told then
    b.doubt = told
    return false
  end
  b.doubt, b.learned = nil, true
  if told ~= b.limit then
    b.limit, b.peaks = told, {}
    b.level = math.min(b.level, told - out[b.unit])
  end
  return true
end
-- What everybody had told of by then was sent before.
local told
if head.epoch == s.epoch then
  local found = redis.call('ZREVRANGEBYSCORE', KEYS[3], text(head.after - head.fence), '-inf', 'LIMIT', 0, 1)
  told = found[1] and numbers(found[1])
end
local function observe(b, report)
  local at = math.min(head.at, now)
  if at <= b.anchor then return end
  if report.limit and not believe(b, report.limit) then return end
  if not report.remaining or head.epoch ~= s.epoch then return end
  b.anchor = at
  local p, peak = b.peaks, -math.huge
  while #p > 0 and p[1] <= at do table.remove(p, 1) table.remove(p, 1) end
  if #p > 0 then peak = p[2] end
  local seen = head.seen[b.unit == 'r' and 1 or 2]
  if told then seen = math.max(seen, told[b.unit == 'r' and 1 or 2] + head.charge[b.unit == 'r' and 1 or 2]) end
  local way = math.min(now - at, head.fence)
  local start = math.min(report.remaining, b.limit) - way * b.rate() - b.net(at, seen)
  local over = math.max(0, peak + start - b.limit)
  local level = math.min(b.limit, start + b.net(now, s[b.unit]) - over) - out[b.unit]
  local more = report.limit and report.limit > b.limit
  b.level = more and math.min(b.level, level) or level
end
for _, b in ipairs(buckets) do
  if reports[b.name] then observe(b, reports[b.name]) end
end
if ask.pause > 0 then s.paused = math.max(s.paused, now + ask.pause) end
if ask.slow and now - s.slowed >= EPISODE then
  s.share, s.slowed = math.max(LOWEST, share() / 2), now
  for _, b in ipairs(buckets) do b.pace = math.min(b.pace or 0, 0) end
end

-- The next lease, or a place in the queue: strictly in order, so that nothing starves.
local grant, wait, ticket, need = { r = 0, t = 0 }, 0, 0, { r = 0, t = 0 }
if ask.want and now >= s.paused then
  ticket = mine and mine[6] > 0 and mine[6] or s.ticket + 1
  s.ticket = math.max(s.ticket, ticket)
  local ahead = { r = 0, t = 0 }
  for _, w in ipairs(waiting) do
    if w[6] < ticket then ahead.r, ahead.t = ahead.r + w[7], ahead.t + w[8] end
  end
  local want, least = { r = ask.want[1], t = ask.want[2] }, { r = ask.least[1], t = ask.least[2] }
  local most, slice = 1, 1
  for _, b in ipairs(buckets) do
    local u = b.unit
    local fair = b.window == 60000 and ask.lease * b.rate() / live or math.huge
    b.free = b.level - (b.learned and b.headroom * b.limit or 0) - ahead[u]
    if b.paced then b.free = math.min(b.free, b.pace - ahead[u]) end
    if want[u] > 0 then
      most = math.min(most, math.max(fair, b.free / (4 * live)) / want[u])
      slice = math.min(slice, fair / want[u])
    end
  end
  local function part(u, of) return math.max(least[u], u == 'r' and math.floor(want[u] * of) or want[u] * of) end
  need.r, need.t = part('r', slice), part('t', slice)
  for _, b in ipairs(buckets) do
    local u, keep = b.unit, b.learned and b.headroom * b.limit or 0
    -- What needs more than there can ever be goes when the bucket is full.
    local short = math.min(need[u] + keep, b.capacity()) - (b.level - ahead[u])
    if short > b.limit * 1e-9 then wait = math.max(wait, short / b.rate()) end
    if b.paced then
      local behind = math.min(need[u], b.top) - (b.pace - ahead[u])
      if behind > b.limit * 1e-9 then wait = math.max(wait, behind / (b.rate() * share())) end
    end
  end
  if wait == 0 then
    for _, b in ipairs(buckets) do
      if want[b.unit] > 0 then most = math.min(most, b.free / want[b.unit]) end
    end
    grant.r, grant.t = math.max(need.r, part('r', most)), math.max(need.t, part('t', most))
    for _, b in ipairs(buckets) do
      b.level = b.level - grant[b.unit]
      if b.paced then b.pace = b.pace - grant[b.unit] end
    end
    ticket, need = 0, { r = 0, t = 0 }
  end
end

-- Everything is kept for as long as it can matter.
local keep = math.max(900000, s.paused - now + 60000)
local limits, fields = {}, {}
for _, b in ipairs(buckets) do
  if b.window > 60000 then keep = math.max(keep, b.window + 60000) end
  s[b.name .. ':limit'], s[b.name .. ':learned'], s[b.name .. ':level'] = b.limit, b.learned and 1 or 0, b.level
  s[b.name .. ':anchor'], s[b.name .. ':doubt'], s[b.name .. ':pace'] = b.anchor, b.doubt, b.pace
  local p = {}
  for i = 1, #b.peaks do p[i] = text(b.peaks[i]) end
  s[b.name .. ':peaks'] = table.concat(p, ' ')
  limits[b.name] = { b.limit, b.learned and 1 or 0, b.level + out[b.unit] }
  if not b.doubt then redis.call('HDEL', KEYS[1], b.name .. ':doubt') end
end
for name, value in pairs(s) do
  fields[#fields + 1] = name
  fields[#fields + 1] = type(value) == 'number' and text(value) or value
end
redis.call('HSET', KEYS[1], unpack(fields))
redis.call('PEXPIRE', KEYS[1], math.ceil(keep))
redis.call('PEXPIRE', KEYS[3], 2 * MEMORY)
if ask.leaving then
  redis.call('HDEL', KEYS[2], me)
  live = live - 1
else
  local line = { now + ask.ttl, holds.r + grant.r, holds.t + grant.t, ask.sent[1], ask.sent[2], ticket, need.r, need.t }
  for i = 1, #line do line[i] = text(line[i]) end
  redis.call('HSET', KEYS[2], me, table.concat(line, ' '))
  redis.call('PEXPIRE', KEYS[2], math.ceil(keep))
end
local left = 1 - (now % 60000) / 60000
return cjson.encode({
  epoch = s.epoch, now = now, granted = { grant.r, grant.t }, wait = wait, pause = math.max(0, s.paused - now),
  live = live, limits = limits, seen = { s.seenR, s.seenT },
  used = { s.usedR + s.beforeR * left, s.usedT + s.beforeT * left }
})
`
