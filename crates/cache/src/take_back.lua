-- One fewer was admitted at an instant. KEYS and the instant, ARGV[1], are those of admit.lua.
local n = redis.pcall('HINCRBY', KEYS[1], ARGV[1], -1)
if type(n) == 'number' and n <= 0 then
  redis.call('HDEL', KEYS[1], ARGV[1])
end
