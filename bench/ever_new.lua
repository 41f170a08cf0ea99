-- For wrk: no request is asked twice; NUMBER in the path is a number of six digits.
local number = 0

function request()
  number = (number + 1) % 1000000
  return wrk.format(nil, (string.gsub(wrk.path, "NUMBER", string.format("%06d", number))))
end
