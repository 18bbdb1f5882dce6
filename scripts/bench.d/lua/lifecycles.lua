-- SPDX-License-Identifier: Apache-2.0
-- wrk, with as many threads as connections: each is a worker that asks for a run, claims one, starts it, does a step with one
-- tool call in it, completes the run, and begins again.
local authorization = os.getenv("BENCH_AUTHORIZATION")
local agent = os.getenv("BENCH_AGENT")
local threads = {}

function setup(thread)
    table.insert(threads, thread)
    thread:set("number", #threads)
end

function init()
    lifecycles, refusals, empty, state = 0, 0, 0, "session"
    session, run, token, epoch, step, call = nil, nil, nil, nil, nil, nil
end

local function post(path, body, leased)
    local headers = { ["Content-Type"] = "application/json", ["Authorization"] = authorization }
    if leased then
        headers["X-Lease-Token"], headers["X-Lease-Epoch"] = token, epoch
    end
    return wrk.format("POST", path, headers, body)
end

local requests = {
    session = function()
        return post("/v1/workers", string.format('{"name":"bench-%d","agents":["%s"]}', number, agent))
    end,
    create = function() return post("/v1/runs", string.format('{"agent":"%s","input":{"message":"hello"}}', agent)) end,
    claim = function()
        return post("/v1/runs/claim",
            string.format('{"worker_session_id":"%s","agents":["%s"],"wait_seconds":2}', session, agent))
    end,
    start = function() return post("/v1/runs/" .. run .. "/start", "{}", true) end,
    step = function() return post("/v1/runs/" .. run .. "/steps", '{"key":"fetch","input":{"page":1}}', true) end,
    call = function()
        return post("/v1/steps/" .. step .. "/toolcalls", '{"tool":"http.get","key":"get","arguments":{"page":1}}', true)
    end,
    answer = function() return post("/v1/toolcalls/" .. call .. "/succeed", '{"result":{"status":200}}', true) end,
    finish = function() return post("/v1/steps/" .. step .. "/complete", '{"output":{"bytes":1024}}', true) end,
    complete = function() return post("/v1/runs/" .. run .. "/complete", '{"result":{"done":true}}', true) end,
}

function request() return requests[state]() end

local function named(body, member) return string.match(body, '"' .. member .. '":"([^"]+)"') end

function response(status, _, body)
    if status < 200 or status > 299 then
        refusals = refusals + 1
        -- The session may be over; whatever else it was, this run is lost for us.
        state = "session"
    elseif state == "session" then
        session, state = named(body, "worker_session_id"), "create"
    elseif state == "create" then
        state = "claim"
    elseif state == "claim" then
        run, token, epoch = named(body, "run_id"), named(body, "lease_token"), string.match(body, '"lease_epoch":(%d+)')
        if run then state = "start" else empty = empty + 1 end
    elseif state == "start" then
        state = "step"
    elseif state == "step" then
        step, state = named(body, "step_id"), "call"
    elseif state == "call" then
        call, state = named(body, "tool_call_id"), "answer"
    elseif state == "answer" then
        state = "finish"
    elseif state == "finish" then
        state = "complete"
    else
        lifecycles, state = lifecycles + 1, "create"
    end
end

function done(summary)
    local total, refused, waited = 0, 0, 0
    for _, thread in ipairs(threads) do
        total = total + thread:get("lifecycles")
        refused = refused + thread:get("refusals")
        waited = waited + thread:get("empty")
    end
    print(string.format("lifecycles %d in %d us, %d requests, %d refused, %d empty claims",
        total, summary.duration, summary.requests, refused, waited))
end
