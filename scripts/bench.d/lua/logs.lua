-- SPDX-License-Identifier: Apache-2.0
-- wrk: every request brings 500 log frames as NDJSON.
local lines = {}
for number = 1, 500 do
  lines[number] = string.format(
    '{"level":"info","service":"bench","message":"frame %d of a batch that is about as long as most are",' ..
    '"traceId":"0af7651916cd43dd8448eb211c80319c","correlationId":"bench-%d","fields":{"number":%d,"kind":"load"}}',
    number, number % 50, number)
end
wrk.method = "POST"
wrk.path = "/log"
wrk.body = table.concat(lines, "\n")
wrk.headers["Content-Type"] = "application/x-ndjson"
wrk.headers["Authorization"] = os.getenv("BENCH_AUTHORIZATION")
