-- SPDX-License-Identifier: Apache-2.0
-- wrk: every request posts a message of about 250 characters, to one thread after the other of BENCH_FILE, a file with a
-- thread's id a line.
local requests, next = {}, 0

function init()
    local headers = { ["Content-Type"] = "application/json", ["Authorization"] = os.getenv("BENCH_AUTHORIZATION") }
    local body = string.format('{"content_md":"%s"}', string.rep("hello there ", 21))
    for thread in io.lines(os.getenv("BENCH_FILE")) do
        table.insert(requests, wrk.format("POST", "/v1/threads/" .. thread .. "/messages", headers, body))
    end
end

function request()
    next = next % #requests + 1
    return requests[next]
end
