-- SPDX-License-Identifier: Apache-2.0
-- wrk: every request brings BENCH_FRAMES log frames: one as JSON, more as NDJSON.
local lines, count = {}, tonumber(os.getenv("BENCH_FRAMES"))
for number = 1, count do
    lines[number] = string.format(
        '{"level":"info","service":"bench","message":"frame %d of a batch that is about as long as most are",' ..
        '"traceId":"0af7651916cd43dd8448eb211c80319c","correlationId":"bench-%d","fields":{"number":%d,"kind":"load"}}',
        number, number % 50, number)
end
wrk.method = "POST"
wrk.path = "/log"
wrk.body = table.concat(lines, "\n")
wrk.headers["Content-Type"] = count == 1 and "application/json" or "application/x-ndjson"
wrk.headers["Authorization"] = os.getenv("BENCH_AUTHORIZATION")
