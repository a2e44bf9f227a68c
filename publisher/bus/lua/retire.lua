-- Remove a stream and what stands beside it, if nobody wrote it since it was looked at. KEYS:
-- stream, own, snap; for a feed's status also lease, requests. ARGV: last id, epoch, writer; for a
-- status also the lease's owner, epoch, hb. Reply: OK, or CHANGED and nothing removed.
local function is_as_seen(key, at, ...)
  for i, value in ipairs(redis.call('HMGET', key, ...)) do
    if (value or '') ~= ARGV[at + i] then return false end
  end
  return true
end

local id = last_of(KEYS[1])
if id ~= ARGV[1] or not is_as_seen(KEYS[2], 1, 'epoch', 'writer') then return CHANGED end
if KEYS[4] and not is_as_seen(KEYS[4], 3, 'owner', 'epoch', 'hb') then return CHANGED end
redis.call('UNLINK', unpack(KEYS))
return OK
