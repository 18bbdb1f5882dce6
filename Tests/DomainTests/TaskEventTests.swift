// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import FoundationEssentials
import Testing

/// The events as they are on disk. These texts are frozen: what was written once must be read for ever.
@Suite struct TaskEventTests {
    private static let frozen: [String: String] = [
        "task.created": """
        {"agent":"echo","input":{"message":"hello"},"priority":5,"timeout_seconds":300,"retry":{"max_attempts":3,\
        "initial_seconds":1,"max_seconds":300,"factor":2},"run_at":"2026-11-21T05:00:00.000000Z",\
        "idempotency_hash":"00ff","status":"scheduled","version":1}
        """,
        "task.edited": #"{"input":{"message":"bye"},"priority":9,"timeout_seconds":60,"status":"queued","version":2}"#,
        "run.queued": #"{"status":"queued","version":2}"#,
        "run.started": """
        {"epoch":2,"worker_session_id":"ses_01ARZ3NDEKTSV4RRFFQ69G5FAV","attempt":2,"status":"running","version":3}
        """,
        "run.completed": #"{"epoch":1,"result":{"ok":true},"status":"completed","version":4}"#,
        "run.failed": """
        {"epoch":1,"error":{"code":"timeout","message":"Too slow.","retryable":true},\
        "next_run_id":"run_01ARZ3NDEKTSV4RRFFQ69G5FAV","run_at":"2026-11-21T05:00:01.500000Z",\
        "status":"scheduled","version":4}
        """,
        "run.waiting": """
        {"approval_id":"appr_01ARZ3NDEKTSV4RRFFQ69G5FAV","epoch":1,"status":"waiting","version":4}
        """,
        "run.resumed": """
        {"approval_id":"appr_01ARZ3NDEKTSV4RRFFQ69G5FAV","approval_status":"approved","status":"running","version":5}
        """,
        "task.unblocked": #"{"status":"queued","version":2}"#,
        "run.claimed": """
        {"epoch":1,"worker_session_id":"ses_01ARZ3NDEKTSV4RRFFQ69G5FAV","attempt":1,"status":"running","version":2}
        """,
        "run.released": #"{"epoch":1,"reason":"stopping","status":"queued","version":3}"#,
        "task.replayed": """
        {"replay_of_run_id":"run_01ARZ3NDEKTSV4RRFFQ69G5FAV","from_step_id":"step_01ARZ3NDEKTSV4RRFFQ69G5FAV",\
        "status":"queued","version":5}
        """,
        "run.lease_lost": #"{"epoch":1,"status":"queued","version":3}"#,
        "task.cancelled": #"{"reason":"not needed","status":"cancelled","version":2}"#,
        "task.retried": #"{"status":"queued","version":5}"#,
        "task.completed": #"{"result":"by hand","status":"completed","version":2}"#,
        "task.failed": """
        {"error":{"code":"failed_by_hand","message":"No.","retryable":false},"status":"failed","version":2}
        """,
    ]

    private let runID = ID<Run>(trusted: "run_01ARZ3NDEKTSV4RRFFQ69G5FAV")

    @Test func `every name has its frozen text`() {
        #expect(Set(Self.frozen.keys) == Set(TaskEvent.names))
    }

    @Test(arguments: TaskEvent.names) func `what is on disk is read and written back byte for byte`(name: String) throws
    {
        let text = try #require(Self.frozen[name])
        let body = try JSONValue.parse(text)
        let event = try TaskEvent(type: name, runID: runID, body: body)
        #expect(event.name == name)
        var task = makeTask()
        task.status = try #require(TaskStatus(rawValue: body["status"]?.string ?? ""))
        task.version = try #require(body["version"]?.int)
        task.attempts = body["attempt"]?.int ?? 0
        #expect(String(decoding: event.body(after: task, epoch: body["epoch"]?.int ?? 0), as: UTF8.self) == text)
    }

    /// All that a task can ask for.
    private static let wholeCreation = """
        {"agent":"echo","input":{"message":"hello"},"priority":5,"timeout_seconds":300,"retry":{"max_attempts":3,\
        "initial_seconds":1,"max_seconds":300,"factor":2},"run_at":"2026-11-21T05:00:00.000000Z",\
        "idempotency_hash":"00ff","labels":["gpu","large"],"limits":["customer:acme","rate:a:b"],\
        "parent_run_id":"run_01ARZ3NDEKTSV4RRFFQ69G5FAV","after":["task_01ARZ3NDEKTSV4RRFFQ69G5FAV"],\
        "on_dependency_failure":"cancel","blocked":true,"status":"scheduled","version":1}
        """

    @Test func `a task that asks for all there is is read and written back byte for byte`() throws {
        let event = try TaskEvent(type: "task.created", runID: runID, body: try JSONValue.parse(Self.wholeCreation))
        guard case .created(let request) = event else {
            Issue.record("read as \(event)")
            return
        }
        #expect(request.labels == ["gpu", "large"])
        #expect(request.limits == [LimitUse(name: "customer", key: "acme"), LimitUse(name: "rate", key: "a:b")])
        #expect(request.parentRunID == runID)
        #expect(request.dependencies.after == [ID(trusted: "task_01ARZ3NDEKTSV4RRFFQ69G5FAV")])
        #expect(request.dependencies.policy == .cancel && request.dependencies.isBlocking)
        let text = String(decoding: event.body(after: makeTask(status: .scheduled), epoch: 0), as: UTF8.self)
        #expect(text == Self.wholeCreation)
    }

    /// As they were written before runs outside: without epochs, labels, limits and dependencies.
    @Test(arguments: [
        ("run.completed", #"{"result":{"ok":true},"status":"completed","version":3}"#),
        (
            "run.failed",
            #"{"error":{"code":"timeout","message":"Too slow.","retryable":true},"status":"failed","version":3}"#
        ),
        (
            "task.created",
            """
            {"agent":"echo","input":{},"priority":5,"timeout_seconds":300,"retry":{"max_attempts":3,\
            "initial_seconds":1,"max_seconds":300,"factor":2},"status":"queued","version":1}
            """
        ),
    ])
    func `texts of old are read`(name: String, text: String) throws {
        let event = try TaskEvent(type: name, runID: runID, body: try JSONValue.parse(text))
        #expect(event.name == name)
        if case .created(let request) = event {
            #expect(request.labels.isEmpty && request.limits.isEmpty && request.parentRunID == nil)
            #expect(request.dependencies == TaskDependencies())
        }
    }

    @Test func `an engine's start claims, too, and a worker's follows its claim`() throws {
        let session = ID<WorkerSession>(trusted: "ses_01ARZ3NDEKTSV4RRFFQ69G5FAV")
        let task = makeTask()
        let run = Run(
            id: task.runID, workspaceID: task.workspaceID, taskID: task.id, number: 1, status: .queued, epoch: 0,
            createdAt: task.createdAt)
        let (early, late) = (Timestamp(microseconds: 1), Timestamp(microseconds: 2))
        let event = UUID()
        var engine = TaskAggregate(task: task, run: run)
        engine.apply(.started(epoch: 1, workerSessionID: session), as: event, at: early)
        #expect(engine.run.claimedAt == early && engine.run.startedAt == early && engine.task.attempts == 1)
        var worker = TaskAggregate(task: task, run: run)
        worker.apply(.claimed(epoch: 1, workerSessionID: session), as: event, at: early)
        #expect(worker.run.claimedAt == early && worker.run.startedAt == nil)
        worker.apply(.started(epoch: 1, workerSessionID: session), as: event, at: late)
        #expect(worker.run.claimedAt == early && worker.run.startedAt == late && worker.task.attempts == 1)
        // Clocks may differ from orchestrator to orchestrator: an earlier epoch's start is not the next one's.
        worker.apply(.leaseLost(epoch: 1), as: event, at: late)
        worker.apply(.claimed(epoch: 2, workerSessionID: session), as: event, at: early)
        let lease = Lease(runID: run.id, epoch: 2, workerSessionID: session)
        #expect(try worker.begin(lease) == .started(epoch: 2, workerSessionID: session))
        worker.apply(.released(epoch: 2, reason: nil), as: event, at: late)
        #expect(worker.task.attempts == 1 && worker.task.status == .queued && worker.run.workerSessionID == nil)
        #expect(worker.task.lastEventID == event)
    }

    @Test func `a body without a needed member is told by event and member`() throws {
        let error = #expect(throws: EventDecodingError.self) {
            try TaskEvent(type: "run.started", runID: runID, body: ["epoch": 1])
        }
        #expect(error?.eventType == "run.started" && error?.member == "worker_session_id")
    }
}

func makeTask(status: TaskStatus = .queued, retry: TaskRetryPolicy = .standard) -> WorkTask {
    WorkTask(
        id: ID(trusted: "task_01ARZ3NDEKTSV4RRFFQ69G5FAV"), workspaceID: Workspace.defaultID,
        roomID: Room.defaultID, status: status, agent: "echo", priority: 5, version: 1, input: Array("{}".utf8),
        correlationID: nil, traceID: "0af7651916cd43dd8448eb211c80319c", idempotencyKey: nil, idempotencyHash: nil,
        runAt: nil, timeoutSeconds: 300, retry: retry, attempts: 0,
        runID: ID(trusted: "run_01ARZ3NDEKTSV4RRFFQ69G5FAV"), createdBy: Principal(.user, "tester"),
        createdAt: Timestamp(microseconds: 0), updatedAt: Timestamp(microseconds: 0))
}
