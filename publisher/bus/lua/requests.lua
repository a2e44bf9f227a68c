-- Take what consumers ask of a feed, the oldest first, out of their stream. KEYS: requests. ARGV:
-- how many to take, how many may go on waiting, longest in bytes. Reply: how many were taken, and
-- each one's `d` in hex, empty where it comes not first or is too long; or -1 and Redis' words.
local key, count, longest = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[3])
local rows = redis.pcall('XRANGE', key, '-', '+', 'COUNT', count + 1)
if rows.err then return {-1, rows.err} end
local out = {math.min(#rows, count)}
for i = 1, out[1] do
  local name, data = unpack(rows[i][2], 1, 2)
  if name ~= 'd' or #data > longest then data = '' end
  out[i + 1] = string.format(string.rep('%02x', #data), string.byte(data, 1, -1))
end
if #rows > count then
  redis.call('XTRIM', key, 'MINID', rows[count + 1][1])
  redis.call('XTRIM', key, 'MAXLEN', '~', ARGV[2])
elseif #rows > 0 then
  redis.call('XTRIM', key, 'MAXLEN', 0)
end
return out
