-- Remove a row of the catalogue, if it still says what was read. KEYS: catalogue. ARGV: stream,
-- row. Reply: 1, or 0 when it was written anew.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
