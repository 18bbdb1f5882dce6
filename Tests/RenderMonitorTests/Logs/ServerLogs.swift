// SPDX-License-Identifier: Apache-2.0

import Render
import RenderMonitor

private func failure(
    exit: Int? = nil, early: Bool = false, oom: Bool = false, seconds: Int? = nil, unhealthy: String? = nil,
    evicted: String? = nil
) -> EventReason.Failure {
    EventReason.Failure(
        nonZeroExit: exit, isEarlyExit: early, oomKilled: oom, timedOutSeconds: seconds, timedOutReason: nil,
        unhealthy: unhealthy, isEvicted: evicted != nil, evictionReason: evicted)
}

private func server(
    _ name: String, _ signature: String, status: DeployStatus = .updateFailed, failure: EventReason.Failure? = nil,
    _ text: String
) -> RecordedLog {
    RecordedLog(
        name: name, type: "web_service", build: "npm ci", status: status, failure: failure, signature: signature,
        action: .person, text: text)
}

/// Servers that were built and do not start: told, never mended.
let serverLogs: [RecordedLog] = [
    server(
        "no port is open", "no_open_ports",
        "==> Running 'node worker.js'\nworking\n==> No open ports detected, continuing to scan...\n==> Port scan timeout reached, no open ports detected. Bind your service to at least one port."
    ),
    server(
        "a health check without an answer", "health_check_timeout",
        "==> Running 'npm start'\nlistening on 10000\n==> Timed out after waiting for internal health check to return a successful response code at: api-x1:10000 /api/health"
    ),
    server(
        "a health check that an event tells of", "health_check_timeout",
        failure: failure(unhealthy: "HTTP health check failed"), "==> Running 'npm start'\nlistening on 10000"),
    server(
        "no open port because of a module", "module_not_found",
        "==> Running 'node dist/index.js'\nError: Cannot find module '/opt/render/project/src/dist/index.js'\n==> Exited with status 1\n==> No open ports detected, continuing to scan..."
    ),
    server(
        "out of memory", "oom_deploy",
        "==> Running 'npm start'\n==> Out of memory (used over 512Mi)\n==> Exited with status 134"),
    server("out of memory, told by an event alone", "oom_event", failure: failure(exit: 137, oom: true), ""),
    server(
        "out of memory, in the words of an event", "oom_event",
        "Ran out of memory (used over 512MB) while running your code"),
    server("taken away", "evicted", failure: failure(evicted: "node pressure"), ""),
    server(
        "ended at once", "exited_early",
        "==> Running 'npm run build'\n> vite build\n✓ built in 1.2s\n==> Application exited early"),
    server("ended at once, told by an event", "exited_early", failure: failure(early: true), "==> Running 'true'"),
    server(
        "an exit status and nothing else", "exited_status", failure: failure(exit: 3), "==> Running './server'\nbye"),
    server("took too long", "timed_out", "==> Running './server'\nwarming up\n==> Timed Out"),
    server("took too long, told by an event", "timed_out", failure: failure(seconds: 900), "==> Running './server'"),
    server(
        "a variable that is not set", "missing_env",
        "==> Running 'python main.py'\nTraceback (most recent call last):\nKeyError: 'DATABASE_URL'\n==> Exited with status 1"
    ),
    server(
        "a variable of JavaScript that is not set", "missing_env",
        "==> Running 'node .'\nReferenceError: API_URL is not defined\n==> Exited with status 1"),
    server(
        "a database on the wrong host", "db_refused",
        "==> Running 'npm start'\nError: connect ECONNREFUSED 127.0.0.1:5432\n==> Exited with status 1"),
    server(
        "a database with the wrong password", "db_refused",
        "==> Running 'npm start'\nerror: password authentication failed for user \"app\"\n==> Exited with status 1"),
    server(
        "a start command that is not there", "command_not_found",
        "==> Running 'gunicorn app:app'\nbash: line 1: gunicorn: command not found\n==> Exited with status 127"),
    server(
        "a pre-deploy that failed", "predeploy_failed", status: .preDeployFailed,
        "==> Starting pre-deploy: ./migrate\nsomething\n==> Pre-deploy has failed"),
    server(
        "a pre-deploy that failed by its migration", "migration_failed", status: .preDeployFailed,
        "==> Starting pre-deploy: npm run migrate\nerror: relation \"users\" already exists\n==> Exited with status 1\n==> Pre-deploy has failed"
    ),
    server("a pre-deploy without a log", "predeploy_failed", status: .preDeployFailed, ""),
    server("nothing is known", "unknown_failure", ""),
]
