// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Foundation
import Logging
import Orchestration
import Postgres
import ServiceKit
import Store
import TestKit
import Testing
import orchestrator_svc

/// What workers and people see of the work within runs, behind real sockets and on a database of its own.
struct WorkHTTPFixture: Sendable {
    static let workspace = Workspace.defaultID
    static let key = LiveFixture.key
    static let signer = LeaseSigner(internalKey: Secret(key))
    static let catalogue: [AnyEndpoint] =
        StepsAPI.catalogue + ToolCallsAPI.catalogue + ArtifactsAPI.catalogue + ApprovalsAPI.catalogue
        + PolicyAPI.catalogue + NotificationsAPI.catalogue + AnalyticsAPI.catalogue + SavedViewsAPI.catalogue

    let port: Int
    let pool: PostgresPool
    let commit: GroupCommit

    static func with(
        settings: [String: String] = [:], _ body: @Sendable (WorkHTTPFixture) async throws -> Void
    ) async throws {
        try await LiveFixture.withWorkspace { url in
            var configuration = PostgresConfiguration(url: url)
            configuration.role = OrchestratorSchema.appRole
            configuration.searchPath = OrchestratorSchema.name
            configuration.sessionSettings = OrchestratorSchema.sessionSettings
            let pool = PostgresPool(configuration, logger: LiveFixture.quiet)
            let commit = GroupCommit(pool: pool, lanes: 1, logger: LiveFixture.quiet) { _ in }
            var daemon = try daemon(settings)
            answerSteps(&daemon.router, StepOperations(pool: pool, commit: commit), signer)
            answerToolCalls(&daemon.router, ToolCallOperations(pool: pool, commit: commit), signer)
            answerArtifacts(
                &daemon.router, ArtifactOperations(pool: pool, commit: commit), signer,
                limit: daemon.configuration.int("ARTIFACT_MAX_BYTES"))
            let approvals = ApprovalOperations(pool: pool, commit: commit)
            answerApprovals(&daemon.router, approvals, signer)
            answerPolicy(
                &daemon.router, approvals,
                PolicyGate(isExternalWriteOff: daemon.configuration.bool("POLICY_KILL_SWITCH_EXTERNAL_WRITE")))
            let core = OperationsCore(pool: pool, commit: commit)
            answerNotifications(&daemon.router, NotificationOperations(core: core))
            answerAnalytics(&daemon.router, AnalyticsOperations(core: core))
            answerSavedViews(&daemon.router, SavedViewOperations(core: core))
            daemon.add(commit)
            try await LiveFixture.serve(daemon) { port, _ in
                try await body(WorkHTTPFixture(port: port, pool: pool, commit: commit))
            }
            await pool.shutdown()
        }
    }

    private static func daemon(_ settings: [String: String]) throws -> Daemon {
        let environment = [
            "PORT": "0", "BASIC_AUTH_PASS": LiveFixture.password, "INTERNAL_KEY": key,
            "DATABASE_URL": "postgres://127.0.0.1/none", "LOGGING_SVC_URL": "http://127.0.0.1:1",
            "EVENT_SIGNING_KEY": Data(repeating: 7, count: 32).base64EncodedString(),
        ]
        return try Daemon(
            try ensureConfig("orchestrator-svc", environment: environment.merging(settings) { $1 }),
            summary: "For tests.", catalogue: catalogue, logger: LiveFixture.quiet, sink: LogSink.memory(),
            redactor: Redactor())
    }

    // MARK: Who calls

    var anybody: PlainHTTPClient { PlainHTTPClient(port: port) }
    var person: PlainHTTPClient { anybody.with("Authorization", LiveFixture.basic) }
    var service: PlainHTTPClient { anybody.with("X-Internal-Key", Self.key) }

    /// A worker of the agent `echo`, without a lease.
    var worker: PlainHTTPClient {
        anybody.with(
            "Authorization", "Bearer " + WorkerToken.make(agent: "echo", internalKey: Secret(Self.key)).reveal())
    }

    /// The worker that holds this run.
    func holder(of run: ClaimedRun) -> PlainHTTPClient {
        worker.with("X-Lease-Token", Self.signer.token(of: run.lease).reveal())
            .with("X-Lease-Epoch", String(run.lease.epoch))
    }

    // MARK: What happens

    /// A new task whose run is held by a session of its own.
    func claim() async throws -> ClaimedRun {
        let session = ID<WorkerSession>.make()
        _ = try await pool.query(
            LeaseStore.openSession(session, in: Self.workspace, worker: "tester", lifetime: .seconds(60)))
        _ = try await commit.submit(
            CreateTask(
                workspaceID: Self.workspace, roomID: Room.defaultID,
                request: TaskRequest(
                    agent: "echo", input: Array("{}".utf8), priority: 5, timeoutSeconds: 60, retry: .standard,
                    runAt: nil, idempotencyHash: nil),
                correlationID: nil, idempotencyKey: nil, traceID: LiveFixture.trace,
                actor: Principal(.user, "tester")))
        let outcome = try await commit.submit(
            ClaimRuns(
                workspaceID: Self.workspace, session: session,
                wishes: [.init(queue: "echo", limit: 1)],
                concurrency: ["echo": 1000], limit: 1, actor: Principal(.agent, "echo")))
        guard case .claimed(let runs, _, _) = outcome, let run = runs.first else {
            throw Problem(.internal, "expected a run")
        }
        return run
    }

    /// Ends the run as its worker would.
    func finish(_ run: ClaimedRun, _ ending: FinishRun.Ending = .completed(Array("1".utf8))) async throws {
        _ = try await commit.submit(
            FinishRun(
                workspaceID: Self.workspace, roomID: run.task.roomID, taskID: run.task.id, holder: .engine(run.lease),
                ending: ending, actor: Principal(.agent, "echo"), jitter: 0))
    }

    /// Where the run's task stands.
    func status(of run: ClaimedRun) async throws -> String? {
        let statement = TaskStore.task(run.task.id, in: Self.workspace)
        return try statement.decode(try await pool.query(statement.sql))?.status.rawValue
    }

    /// A step that is under way.
    func step(of run: ClaimedRun, _ key: String = "fetch") async throws -> String {
        let answer = try await holder(of: run).post("/v1/runs/\(run.lease.runID)/steps", ["key": .string(key)])
        return try answer.object(201)["step_id"]?.string ?? ""
    }

    /// Every page of a list, by its cursors; the identifiers under `member`.
    func walk(_ path: String, _ member: String, limit: Int) async throws -> [String] {
        var found: [String] = []
        var cursor: String?
        repeat {
            let separator = path.contains("?") ? "&" : "?"
            let next = cursor.map { "&cursor=\($0)" } ?? ""
            let page = try await person.get("\(path)\(separator)limit=\(limit)\(next)").object(200)
            let items = page["items"]?.array ?? []
            #expect(items.count <= limit)
            found += items.compactMap { $0[member]?.string }
            cursor = page["next_cursor"]?.string
        } while cursor != nil
        return found
    }
}

extension PlainHTTPClient.Answer {
    /// The body, if the status is as expected.
    func object(_ status: Int, sourceLocation: SourceLocation = #_sourceLocation) throws -> JSONObject {
        #expect(self.status == status, "\(text)", sourceLocation: sourceLocation)
        return try #require(json.object, sourceLocation: sourceLocation)
    }

    /// Expects a problem of that status that names exactly these fields.
    func expectRefusal(
        _ status: Int, code: String? = nil, fields: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(self.status == status, "\(text)", sourceLocation: sourceLocation)
        #expect(header("Content-Type") == "application/problem+json", sourceLocation: sourceLocation)
        if let code { #expect(json["code"]?.string == code, "\(text)", sourceLocation: sourceLocation) }
        let named = json["errors"]?.array?.compactMap { $0["field"]?.string } ?? []
        #expect(named == fields, "\(text)", sourceLocation: sourceLocation)
    }
}
