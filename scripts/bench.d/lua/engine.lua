-- SPDX-License-Identifier: Apache-2.0
-- wrk, with as many threads as connections: each is an engine that claims and starts runs of BENCH_AGENT in batches of up to
-- BENCH_BATCH, tells in one request that all of a batch are completed, beats meanwhile so that it is not given up, and claims
-- again. It goes on until it is stopped.
local authorization = os.getenv("BENCH_AUTHORIZATION")
local agent, batch = os.getenv("BENCH_AGENT"), os.getenv("BENCH_BATCH")
local threads = {}

function setup(thread)
    table.insert(threads, thread)
    thread:set("number", #threads)
end

function init()
    completed, refusals, first_refusal, state = 0, 0, "", "session"
    session, held, beaten = nil, {}, 0
end

local function post(path, body)
    return wrk.format(
        "POST", path, { ["Content-Type"] = "application/json", ["Authorization"] = authorization }, body)
end

function request()
    if state == "session" then
        return post("/v1/workers", string.format('{"name":"bench-%d","agents":["%s"]}', number, agent))
    end
    -- The orchestrator asks for a beat every three seconds.
    if state ~= "beat" and os.time() - beaten >= 3 then
        after, state = state, "beat"
    end
    if state == "beat" then
        beaten = os.time()
        return post("/v1/workers/" .. session .. "/heartbeat", "{}")
    elseif state == "claim" then
        return post("/v1/runs/claim", string.format(
            '{"worker_session_id":"%s","agents":["%s"],"limit":%s,"wait_seconds":1,"start":true}', session, agent, batch))
    end
    return post("/v1/runs/finish", '{"reports":[' .. table.concat(held, ",") .. "]}")
end

local function take(body)
    -- The members of a run that is claimed come in any order; each of these is there once for every run.
    local ids, tokens, epochs = {}, {}, {}
    for id in string.gmatch(body, '"run_id":"([^"]+)"') do table.insert(ids, id) end
    for token in string.gmatch(body, '"lease_token":"([^"]+)"') do table.insert(tokens, token) end
    for epoch in string.gmatch(body, '"lease_epoch":(%d+)') do table.insert(epochs, epoch) end
    for index, id in ipairs(ids) do
        table.insert(held, string.format(
            '{"run_id":"%s","lease_token":"%s","lease_epoch":%s,"ending":"completed"}', id, tokens[index], epochs[index]))
    end
end

function response(status, _, body)
    if status < 200 or status > 299 then
        refusals = refusals + 1
        if refusals == 1 then first_refusal = state .. ": " .. body end
        -- Whatever it was, these runs are lost for us; if it was the session, it has to be opened anew.
        state, held = state == "finish" and "claim" or "session", {}
    elseif state == "session" then
        session, state, beaten, held = string.match(body, '"worker_session_id":"([^"]+)"'), "claim", os.time(), {}
    elseif state == "beat" then
        state = after
    elseif state == "claim" then
        take(body)
        if #held > 0 then state = "finish" end
    else
        local _, taken = string.gsub(body, '"status":"completed"', "")
        completed = completed + taken
        if taken < #held then
            refusals = refusals + #held - taken
            if first_refusal == "" then first_refusal = "finish: " .. body end
        end
        state, held = "claim", {}
    end
end

function done(summary)
    local total, refused, first = 0, 0, ""
    for _, thread in ipairs(threads) do
        total, refused = total + thread:get("completed"), refused + thread:get("refusals")
        if thread:get("first_refusal") ~= "" then first = thread:get("first_refusal") end
    end
    print(string.format("completed %d runs with %d requests, %d refused %s", total, summary.requests, refused, first))
end
