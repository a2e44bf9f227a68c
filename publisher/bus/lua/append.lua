-- Append to any number of streams, each compared and answered on its own. KEYS: stream, own, snap,
-- ... ARGV: writer, feed, retention in ms; then per stream: epoch, seq expected to be the last, 1 to
-- seed, how many entries, how many snapshots; the entries; then seq and body of each snapshot.
local call = redis.call
local writer, feed, retention = ARGV[1], ARGV[2], tonumber(ARGV[3])

local function append(stream, own, snap, at)
  local epoch, expected = ARGV[at], tonumber(ARGV[at + 1])
  local seed, count = ARGV[at + 2] == '1', tonumber(ARGV[at + 3])
  local id, last, seq = last_of(stream)
  if not id then return REFUSED, last end
  if above(last, epoch) then return FENCED, id end
  local held = redis.pcall('HMGET', own, 'epoch', 'writer')
  if held.err then return REFUSED, held.err end
  if held[1] ~= epoch or held[2] ~= writer then
    if held[1] and not above(epoch, held[1]) then return FENCED, held[1] .. '-0' end
    if not seed then return LOST, id end
    call('HSET', own, 'epoch', epoch, 'writer', writer, 'feed', feed)
  end
  local skip = 0
  if last == epoch then
    if seq < expected then return LOST, id end
    skip = seq - expected -- an exact retry: so many had arrived
    if skip > count then return FENCED, id end
  elseif not seed then
    return LOST, id
  end
  local first, prefix = at + 4, epoch .. '-'
  for i = skip + 1, count do
    call('XADD', stream, prefix .. string.format('%.0f', expected + i), 'd', ARGV[first + i])
  end
  local snaps = first + count
  for i = 1, 2 * tonumber(ARGV[at + 4]), 2 do
    local why = keep(stream, own, snap, prefix .. ARGV[snaps + i], ARGV[snaps + i + 1], retention)
    if why then return REFUSED, why end
  end
  return OK, skip
end

local out, at = {}, 4
for k = 1, #KEYS, 3 do
  out[#out + 1], out[#out + 2] = append(KEYS[k], KEYS[k + 1], KEYS[k + 2], at)
  at = at + 5 + tonumber(ARGV[at + 3]) + 2 * tonumber(ARGV[at + 4])
end
return out
