-- Claim a lease as it was last seen. KEYS: lease. ARGV: owner, floor of the epoch, epoch and hb
-- seen. Reply: 1 and the new epoch, or 0 when another was faster. The same owner asking again gets
-- the epoch that its first call made.
local held = redis.call('HMGET', KEYS[1], 'owner', 'epoch', 'hb')
if held[1] == ARGV[1] then return {1, held[2]} end
if (held[2] or '') ~= ARGV[3] or (held[3] or '') ~= ARGV[4] then return {0, held[2] or ''} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local epoch = 1 + math.max(now, tonumber(ARGV[2]), tonumber(held[2] or '0'))
local text = string.format('%.0f', epoch)
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'epoch', text, 'hb', '1')
return {1, text}
