/**
 * First part of the script of `QuotaLua.ts`: the state as Redis has it, brought to the present. What died is forgotten here,
 * and its lease goes back.
 *
 * Variables that the other parts use: `ask` (what the process says, `QuotaScript.ts`), `s` (the hash of the quota), `buckets`,
 * `out` (what all others hold), `held` (what this process held so far), `mine` and `waiting` (lines of processes), `live`.
 */
export const state = `
local COLD, RECOVERY = 0.1, 900000
local ask = cjson.decode(ARGV[1])
local me = ask.worker

local function text(n) return string.format('%.17g', n) end
local function numbers(line)
  local all = {}
  for word in string.gmatch(line, '%S+') do all[#all + 1] = tonumber(word) end
  return all
end

-- The state, and what it starts from: nothing, or what a process still knows of a state that is gone.
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local s, raw = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #raw, 2 do s[raw[i]] = tonumber(raw[i + 1]) or raw[i + 1] end
if not s.epoch then
  s = { epoch = math.floor(now), at = now, behind = 0, r = 0, t = 0, seenR = 0, seenT = 0, seenAt = now,
    nextR = 0, nextT = 0, nextAt = now, paused = 0, share = 1, slowed = 0, ticket = 0,
    minute = 0, usedR = 0, usedT = 0, beforeR = 0, beforeT = 0 }
  redis.call('DEL', KEYS[3])
end
-- A clock that was set back goes on from where it was: what is stored lies in no future.
if now + s.behind < s.at then s.behind = s.at - now end
now = now + s.behind
if ask.epoch ~= s.epoch then
  for name, known in pairs(ask.known) do
    if s[name .. ':learned'] ~= 1 then
      s[name .. ':limit'], s[name .. ':learned'] = known[1], 1
      s[name .. ':level'] = math.min(known[1], known[2], s[name .. ':level'] or math.huge)
    end
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
    anchor = s[name .. ':anchor'] or 0, doubt = tonumber(s[name .. ':doubt']), pace = s[name .. ':pace'],
    hope = tonumber(s[name .. ':hope']), hopeFrom = s[name .. ':hopeFrom'],
    against = s[name .. ':against'] or 0, peaks = numbers(s[name .. ':peaks'] or '') }
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
`
