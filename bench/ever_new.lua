-- For wrk: no request is asked twice; a number is put behind the path.
local number = 0

function request()
  number = number + 1
  return wrk.format(nil, wrk.path .. number)
end
