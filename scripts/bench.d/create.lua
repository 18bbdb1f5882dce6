-- SPDX-License-Identifier: Apache-2.0
-- wrk: every request makes a task of the echo agent.
wrk.method = "POST"
wrk.path = "/task"
wrk.body = '{"agent":"echo","input":{"message":"hello"}}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = os.getenv("BENCH_AUTHORIZATION")
