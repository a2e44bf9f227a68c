-- The id of a stream's last entry, also when it was trimmed or deleted since: id, epoch, seq.
-- Nothing there: '0-0', '0', -1. Another type: nil and Redis' words. Ids stay text: Lua prints
-- large numbers as 1e+14.
local function last_of(stream)
  local info = redis.pcall('XINFO', 'STREAM', stream)
  if info.err then
    if string.find(info.err, 'no such key', 1, true) then return '0-0', '0', -1 end
    return nil, info.err
  end
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      local epoch, seq = string.match(info[i + 1], '^(%d+)-(%d+)$')
      return info[i + 1], epoch, tonumber(seq)
    end
  end
end

-- Compare decimal text without leading zeros as numbers.
local function above(a, b)
  if #a ~= #b then return #a > #b end
  return a > b
end
