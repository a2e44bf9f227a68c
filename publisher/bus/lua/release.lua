-- Give a lease back; its epoch stays, so that the next one is higher. KEYS: lease. ARGV: owner,
-- epoch. Reply: 1, or 0 when it is another's.
local held = redis.call('HMGET', KEYS[1], 'owner', 'epoch')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'owner', '')
return 1
