-- Write a periodic snapshot under the id of the last entry that it includes; refused unless that
-- entry is there. KEYS: stream, own, snap. ARGV: epoch, writer, seq, snapshot, retention in ms.
local stream, own, snap = KEYS[1], KEYS[2], KEYS[3]
local epoch, writer, seq = ARGV[1], ARGV[2], ARGV[3]
local id, last, top = last_of(stream)
if not id then return {REFUSED, last} end
local held = redis.pcall('HMGET', own, 'epoch', 'writer')
if held.err then return {REFUSED, held.err} end
if above(last, epoch) then return {FENCED, id} end
if held[1] ~= epoch or held[2] ~= writer then
  -- Nobody's, or an older epoch's, since Redis lost ours: only an append may take it back.
  if held[1] and not above(epoch, held[1]) then return {FENCED, held[1] .. '-0'} end
  return {LOST, id}
end
if last ~= epoch or top < tonumber(seq) then return {LOST, id} end
local why = keep(stream, own, snap, epoch .. '-' .. seq, ARGV[4], tonumber(ARGV[5]))
if why then return {REFUSED, why} end
return {OK, 0}
