-- Counts one more in a window. Says how many more would be admitted, or -1 where this one is refused, and after how many
-- milliseconds there is more room. The rule is window.rs's.
-- KEYS: a hash of how many were admitted, by the instant that they count from.
-- ARGV: now, the stretch, the most in it, the instant that this one counts from, how long the key is kept; milliseconds.
local entries = redis.pcall('HGETALL', KEYS[1])
if entries.err then -- Somebody put something else there.
  redis.call('DEL', KEYS[1])
  entries = {}
end
local now, within = tonumber(ARGV[1]), tonumber(ARGV[2])
local admitted, oldest = 0, nil
for i = 1, #entries, 2 do
  local at, n = tonumber(entries[i]), tonumber(entries[i + 1])
  if at and n and at + within > now then
    admitted = admitted + n
    oldest = math.min(oldest or at, at)
  else
    redis.call('HDEL', KEYS[1], entries[i])
  end
end
if admitted >= tonumber(ARGV[3]) then
  return {-1, math.max(1, (oldest or now) + within - now)}
end
redis.call('HINCRBY', KEYS[1], ARGV[4], 1)
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return {tonumber(ARGV[3]) - admitted - 1, math.max(1, (oldest or tonumber(ARGV[4])) + within - now)}
