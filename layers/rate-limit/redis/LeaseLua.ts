/**
 * Last part of the script of `QuotaLua.ts`: the next lease of this process or its place in the queue, what is kept, and the
 * answer.
 */
export const lease = `
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
  s[b.name .. ':anchor'], s[b.name .. ':pace'] = b.anchor, b.pace
  s[b.name .. ':doubt'], s[b.name .. ':hope'], s[b.name .. ':hopeFrom'] = b.doubt or '', b.hope or '', b.hopeFrom
  s[b.name .. ':against'] = b.against
  local p = {}
  for i = 1, #b.peaks do p[i] = text(b.peaks[i]) end
  s[b.name .. ':peaks'] = table.concat(p, ' ')
  limits[b.name] = { b.limit, b.learned and 1 or 0, b.level + out[b.unit] }
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
