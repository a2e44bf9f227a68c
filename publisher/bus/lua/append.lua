-- Append to any number of streams, each compared and answered on its own. KEYS: stream, own, snap,
-- ... ARGV per stream: epoch, writer, seq expected to be the last, 1 to seed, how many entries, how
-- many snapshots, retention in ms, feed; the entries; then seq and body of each snapshot.
local call = redis.call

local function append(stream, own, snap, at)
  local epoch, writer, expected = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local seed, count = ARGV[at + 3] == '1', tonumber(ARGV[at + 4])
  local id, last, seq = last_of(stream)
  if not id then return REFUSED, last end
  if above(last, epoch) then return FENCED, id end
  local held = call('HMGET', own, 'epoch', 'writer')
  if held[1] ~= epoch or held[2] ~= writer then
    if held[1] and not above(epoch, held[1]) then return FENCED, held[1] .. '-0' end
    if not seed then return LOST, id end
    call('HSET', own, 'epoch', epoch, 'writer', writer, 'feed', ARGV[at + 7])
  end
  local skip = 0
  if last == epoch then
    if seq < expected then return LOST, id end
    skip = seq - expected -- an exact retry: so many had arrived
    if skip > count then return FENCED, id end
  elseif not seed then
    return LOST, id
  end
  local first, prefix = at + 7, epoch .. '-'
  for i = skip + 1, count do
    call('XADD', stream, prefix .. string.format('%.0f', expected + i), 'd', ARGV[first + i])
  end
  local snaps = first + count
  for i = 1, 2 * tonumber(ARGV[at + 5]), 2 do
    local body, retention = ARGV[snaps + i + 1], tonumber(ARGV[at + 6])
    keep(stream, own, snap, prefix .. ARGV[snaps + i], body, retention)
  end
  return OK, skip
end

local out, at = {}, 1
for k = 1, #KEYS, 3 do
  out[#out + 1], out[#out + 2] = append(KEYS[k], KEYS[k + 1], KEYS[k + 2], at)
  at = at + 8 + tonumber(ARGV[at + 4]) + 2 * tonumber(ARGV[at + 5])
end
return out
