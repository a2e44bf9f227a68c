-- Open an epoch: its first entries and the snapshot in one call, so that no reader finds a pointer
-- to nothing. KEYS: stream, own, snap. ARGV: epoch, writer, feed, last id as inspected, retention
-- in ms, epoch event [, snapshot event, snapshot].
local stream, own, snap = KEYS[1], KEYS[2], KEYS[3]
local epoch, writer, feed, inspected = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local id, last = last_of(stream)
if not id then return {REFUSED, last} end
local held = redis.pcall('HMGET', own, 'epoch', 'writer')
if held.err then return {REFUSED, held.err} end
if held[1] == epoch and held[2] == writer and last == epoch then return {OK, 1} end
if not above(epoch, last) then return {FENCED, id} end
if held[1] and not above(epoch, held[1]) then return {FENCED, held[1] .. '-0'} end
if id ~= inspected then return {CHANGED, id} end
redis.call('HSET', own, 'epoch', epoch, 'writer', writer, 'feed', feed)
redis.call('XADD', stream, epoch .. '-0', 'd', ARGV[6])
if ARGV[7] then
  redis.call('XADD', stream, epoch .. '-1', 'd', ARGV[7])
  local why = keep(stream, own, snap, epoch .. '-1', ARGV[8], tonumber(ARGV[5]))
  if why then return {REFUSED, why} end
end
return {OK, 0}
