/**
 * Second part of the script of `QuotaLua.ts`: what the process has sent, and what the provider told it.
 *
 * The level is kept by arithmetic, refill less everything sent, and responses set it right. One tells what was left when the
 * provider had seen some of what had been sent: at least what was sent before the fence, at most everything. That gives
 * a lowest and a highest level. Above the highest, the level comes down at once. Below the lowest it goes up only when the
 * responses to what was sent in the course of `SURE` agree: after a burst it takes seconds until all has arrived, and until
 * then every response tells of room that is spoken for. The very first one, which tells the limit, counts all but
 * its own request as still on its way.
 */
export const heard = `
local FENCE, SURE, BELIEVABLE, ENOUGH, PEAKS = 120, 3000, 100, 3, 48
local GRAIN, MEMORY = 50, 60000
local EPISODE, LOWEST, LONGEST = 10000, 0.0625, 86400000

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
-- What everybody had told of so long before a time was sent before it.
local function sentBefore(at)
  local found = redis.call('ZREVRANGEBYSCORE', KEYS[3], text(at), '-inf', 'LIMIT', 0, 1)
  return found[1] and numbers(found[1])
end
local before, longBefore, atMost
if head.epoch == s.epoch then
  before, longBefore = sentBefore(head.after - FENCE), sentBefore(head.after - SURE)
  -- What was sent is told within the length of the fence. Of longer ago than the log reaches, what is certain has to do.
  local all = head.at + FENCE + GRAIN
  atMost = all < now and (sentBefore(all) or { 0, 0 }) or { s.r, s.t }
end
local function observe(b, report)
  local at, cold = math.min(head.at, now), b.anchor == 0 and not b.learned
  if at <= b.anchor then return end
  if report.limit and not believe(b, report.limit) then return end
  if not report.remaining or head.epoch ~= s.epoch then return end
  b.anchor = at
  local p, peak, i = b.peaks, -math.huge, b.unit == 'r' and 1 or 2
  while #p > 0 and p[1] <= at do table.remove(p, 1) table.remove(p, 1) end
  if #p > 0 then peak = p[2] end
  local own = head.charge[i]
  local known = cold and longBefore or not cold and before
  local seen = math.max(cold and s.epoch > head.after - SURE and own or head.seen[i], known and known[i] + own or own)
  local function levelIf(seen, way)
    local start = math.min(report.remaining, b.limit) - way * b.rate() - b.net(at, seen)
    local over = math.max(0, peak + start - b.limit)
    return math.min(b.limit, start + b.net(now, s[b.unit]) - over) - out[b.unit]
  end
  local low, high = levelIf(seen, math.min(now - at, FENCE)), levelIf(math.max(seen, atMost[i]), 0)
  b.level = cold and low or math.min(b.level, high)
  local more = math.max(0, low - b.level)
  -- Above our own cap the provider's bucket says nothing about what we may still send.
  if report.limit and report.limit > b.limit then more = 0 end
  if not b.hope then b.hope, b.hopeFrom = more, at end
  b.hope = math.min(b.hope, more)
  if at - b.hopeFrom >= SURE then
    b.level, b.hope = b.level + b.hope, nil
  end
end
for _, b in ipairs(buckets) do
  if reports[b.name] then observe(b, reports[b.name]) end
end
-- The tighter limit is told: with less left of the day, it would have been the day's. One that nobody configured is gone then.
local function contradicted(b)
  local minute = reports[b.unit == 'r' and 'rm' or 'tm']
  if b.window == 60000 or b.cap then return false end
  if reports[b.name] then b.against = 0
  elseif minute and minute.remaining then
    b.against = minute.remaining > b.level + out[b.unit] + 1 and b.against + 1 or 0
  end
  return b.against >= ENOUGH
end
for i = #buckets, 1, -1 do
  local b = buckets[i]
  if contradicted(b) then
    table.remove(buckets, i)
    for name in pairs(s) do
      if string.sub(name, 1, 3) == b.name .. ':' then
        s[name] = nil
        redis.call('HDEL', KEYS[1], name)
      end
    end
  end
end
-- On the word of one response nobody waits for longer than a day's limit takes to fill.
if ask.pause > 0 then s.paused = math.max(s.paused, now + math.min(ask.pause, LONGEST)) end
if ask.slow and now - s.slowed >= EPISODE then
  s.share, s.slowed = math.max(LOWEST, share() / 2), now
  for _, b in ipairs(buckets) do b.pace = math.min(b.pace or 0, 0) end
end
`
