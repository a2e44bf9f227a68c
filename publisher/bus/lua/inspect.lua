-- KEYS: stream, own, ... Reply per stream: last id (`0-0` if there is none, `!error` if the key
-- holds another type), and the feed that wrote it last.
local out = {}
for k = 1, #KEYS, 2 do
  local id, why = last_of(KEYS[k])
  local feed = redis.pcall('HGET', KEYS[k + 1], 'feed')
  if type(feed) == 'table' then id, why, feed = nil, feed.err, '' end
  out[#out + 1] = id or ('!' .. why)
  out[#out + 1] = feed or ''
end
return out
