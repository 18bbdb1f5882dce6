-- SPDX-License-Identifier: Apache-2.0
-- wrk: every request makes a task of BENCH_AGENT; with BENCH_ROOMS, a file with a room's id a line, in one room after the other.
wrk.method = "POST"
wrk.path = "/task"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = os.getenv("BENCH_AUTHORIZATION")
wrk.body = string.format('{"agent":"%s","input":{"message":"hello"}}', os.getenv("BENCH_AGENT"))

local rooms = os.getenv("BENCH_ROOMS")
if rooms then
    local requests, next = {}, 0

    function init()
        for room in io.lines(rooms) do
            local body = string.format('{"agent":"%s","input":{"message":"hello"},"roomId":"%s"}', os.getenv("BENCH_AGENT"), room)
            table.insert(requests, wrk.format(nil, nil, nil, body))
        end
    end

    function request()
        next = next % #requests + 1
        return requests[next]
    end
end
