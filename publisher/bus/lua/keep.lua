-- Write a snapshot and let go of what is past retention. `snaps` in `.own` is the short list of
-- kept snapshots, `id@ms` from the oldest, so that retention reads no payloads: the oldest kept is
-- at least `retention` old, and the stream is trimmed to it, never by length (WIRE.md 6).
local function keep(stream, own, snap, id, payload, retention)
  local added = redis.pcall('XADD', snap, id, 'd', payload)
  if type(added) == 'table' and added.err then
    if string.find(added.err, 'equal or smaller', 1, true) then return end -- a retry: it is there
    return added.err
  end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local ids, ages = {}, {}
  for kept, ms in string.gmatch(redis.call('HGET', own, 'snaps') or '', '(%S+)@(%d+)') do
    -- After a clock's step back (X25) what seems to be of the future counts from now on.
    ids[#ids + 1], ages[#ages + 1] = kept, math.max(0, now - tonumber(ms))
  end
  ids[#ids + 1], ages[#ages + 1] = id, 0
  local first = 1
  while first < #ids and ages[first + 1] >= retention do first = first + 1 end
  local list = {}
  for i = first, #ids do
    list[#list + 1] = ids[i] .. '@' .. string.format('%.0f', now - ages[i])
  end
  redis.call('HSET', own, 'snaps', table.concat(list, ' '))
  if first > 1 then
    redis.call('XTRIM', snap, 'MINID', ids[first])
    redis.call('XTRIM', stream, 'MINID', '~', ids[first])
  end
end
