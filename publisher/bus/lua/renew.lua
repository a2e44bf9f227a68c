-- Renew a lease, or write it again if Redis lost it. KEYS: lease. ARGV: owner, epoch, hb.
-- Reply: 1 renewed, 2 written again, 0 it is another's; and the epoch.
local held = redis.call('HMGET', KEYS[1], 'owner', 'epoch')
local mine = held[1] == ARGV[1] and held[2] == ARGV[2]
if not mine and held[2] and tonumber(held[2]) >= tonumber(ARGV[2]) then return {0, held[2]} end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'epoch', ARGV[2], 'hb', ARGV[3])
return {mine and 1 or 2, ARGV[2]}
