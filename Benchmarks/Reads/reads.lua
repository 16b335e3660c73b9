-- Asks for the paths of a prepared file in turn, by requests that are put together before the clock starts.

local requests = {}
local turn = 0

function init()
    for line in io.lines(os.getenv("READS")) do
        requests[#requests + 1] = wrk.format("GET", line:match("^[^\t]+"))
    end
end

function request()
    turn = turn % #requests + 1
    return requests[turn]
end
