// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

// MARK: What a worker does

extension KernelFixture {
    static let signer = LeaseSigner(internalKey: Secret("an internal key of enough characters"))
    static let worker = Principal(.agent, "echo")

    /// The calls of the holder of a run; `token` and `epoch` stand in for what it was given.
    func call(_ run: ClaimedRun, token: Secret<String>? = nil, epoch: Int? = nil) -> WorkerCall {
        WorkerCall(
            workspaceID: Self.workspace, roomID: run.task.roomID, taskID: run.task.id,
            proof: LeaseProof(
                runID: run.lease.runID, epoch: epoch ?? run.lease.epoch,
                token: token ?? Self.signer.token(of: run.lease), signer: Self.signer),
            actor: Self.worker)
    }

    /// A new task whose run is held by a session of its own.
    func claimOne(lifetime: Duration = .seconds(60), retry: TaskRetryPolicy = .standard) async throws -> ClaimedRun {
        _ = try await createTask(retry: retry)
        return try #require(try await claim(try await openSession(lifetime: lifetime), limit: 1).first)
    }

    /// The same run under its next epoch, after its worker went silent.
    func takeOver(_ run: ClaimedRun) async throws -> ClaimedRun {
        _ = try await pool.query(LeaseStore.endSessions([run.lease.workerSessionID], in: Self.workspace))
        _ = try await commit.submit(
            ReleaseOrphanedRuns(workspaceID: Self.workspace, limit: 100, actor: Self.actor))
        let taken = try #require(try await claim(try await openSession()).first { $0.lease.runID == run.lease.runID })
        #expect(taken.lease.epoch == run.lease.epoch + 1)
        return taken
    }

    /// A step, and whether it was made just now.
    @discardableResult
    func startStep(
        _ call: WorkerCall, _ key: String = "fetch", input: JSONValue? = nil
    ) async throws -> (step: Step, isNew: Bool) {
        let command = StartStep(call: call, key: key, name: key, kind: nil, input: input?.bytes)
        switch try await commit.submit(command) {
        case .created(let step): return (step, true)
        case .existing(let step): return (step, false)
        case .recalled(let isNew):
            let statement = StepStore.step(command.place, in: Self.workspace)
            return (try #require(try statement.decode(try await pool.query(statement.sql))), isNew)
        }
    }

    @discardableResult
    func finishStep(_ call: WorkerCall, _ step: Step, _ ending: FinishStep.Ending = .completed(nil)) async throws
        -> Step
    {
        try await commit.submit(FinishStep(call: call, place: step.place, ending: ending))
    }

    /// A tool call, and whether it was made just now.
    @discardableResult
    func startToolCall(
        _ call: WorkerCall, in step: Step, key: String? = "k"
    ) async throws -> (call: ToolCall, isNew: Bool) {
        let command = StartToolCall(
            call: call, step: step.place, stepID: step.id, key: key, tool: "http.get", arguments: Array("{}".utf8))
        switch try await commit.submit(command) {
        case .created(let call): return (call, true)
        case .existing(let call): return (call, false)
        case .recalled(let id, let isNew): return (try await toolCall(id), isNew)
        }
    }

    @discardableResult
    func finishToolCall(
        _ call: WorkerCall, _ toolCall: ToolCall, _ ending: FinishToolCall.Ending = .succeeded(nil)
    ) async throws -> ToolCall {
        try await commit.submit(FinishToolCall(call: call, place: toolCall.place, ending: ending))
    }

    /// Adds bytes to a step that is under way.
    @discardableResult
    func addArtifact(_ call: WorkerCall, to step: Step, bytes: [UInt8]) async throws -> Artifact {
        let id = try await commit.submit(
            CreateArtifact(
                call: call, step: step.place, stepID: step.id, name: "a.bin", mediaType: nil,
                material: .content(.binary, ArtifactContent(bytes))))
        let statement = ArtifactStore.artifact(id, in: Self.workspace)
        return try #require(try statement.decode(try await pool.query(statement.sql)))
    }

    /// What a worker asks people for.
    @discardableResult
    func requestApproval(
        _ call: WorkerCall, kind: String = "external.write", within lifetime: Duration = .seconds(60)
    ) async throws -> Approval {
        try await requestApproval(.held(call), by: Self.worker, kind: kind, within: lifetime)
    }

    /// What anybody asks people for.
    @discardableResult
    func requestApproval(
        _ subject: RequestApproval.Subject, by actor: Principal = KernelFixture.actor, kind: String = "external.write",
        within lifetime: Duration = .seconds(60), in roomID: ID<Room> = Room.defaultID
    ) async throws -> Approval {
        let id = try await commit.submit(
            RequestApproval(
                workspaceID: Self.workspace, roomID: roomID, subject: subject, stepID: nil,
                action: Action(kind: kind, target: nil, arguments: ["b": 1, "a": 2.0]), summary: nil,
                lifetime: lifetime, actor: actor, traceID: Self.trace))
        return try await approval(id)
    }

    @discardableResult
    func decide(_ approval: Approval, _ decision: ApprovalDecision, note: String? = nil) async throws -> Approval {
        try await commit.submit(
            DecideApproval(
                workspaceID: Self.workspace, roomID: approval.roomID, taskID: approval.taskID,
                approvalID: approval.id, decision: decision, note: note, actor: Self.actor, traceID: Self.trace))
    }

    func approval(_ id: ID<Approval>) async throws -> Approval {
        let statement = ApprovalStore.approval(id, in: Self.workspace)
        return try #require(try statement.decode(try await pool.query(statement.sql)))
    }

    /// As anybody reads it.
    func step(_ id: ID<Step>) async throws -> Step {
        let statement = StepStore.step(id, in: Self.workspace)
        return try #require(try statement.decode(try await pool.query(statement.sql)))
    }

    /// As anybody reads it.
    func toolCall(_ id: ID<ToolCall>) async throws -> ToolCall {
        let statement = ToolCallStore.call(id, in: Self.workspace)
        return try #require(try statement.decode(try await pool.query(statement.sql)))
    }

    /// Every way in which a call can come from somebody who does not hold the run any more, or never did.
    func strangers(to run: ClaimedRun) async throws -> [(who: String, call: WorkerCall)] {
        let next = try await takeOver(run)
        return [
            ("the old epoch", call(run)),
            ("the old token with the new epoch", call(run, epoch: next.lease.epoch)),
            ("a forged token", call(next, token: Secret(String(repeating: "0", count: 64)))),
            ("an epoch to come", call(next, epoch: next.lease.epoch + 1)),
        ]
    }

    /// Expects that `body` is refused as coming from a stale lease, and that nothing is recorded.
    func expectFenced(
        _ who: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
    ) async throws {
        let before = try await events().count
        let problem = await #expect(throws: Problem.self, "\(who)", sourceLocation: sourceLocation) { try await body() }
        #expect(problem?.code == "stale_lease", "\(who)", sourceLocation: sourceLocation)
        #expect(problem?.details["current_epoch"] != nil, "\(who)", sourceLocation: sourceLocation)
        #expect(try await events().count == before, "\(who)", sourceLocation: sourceLocation)
    }

    /// Runs `body` with a kernel that loses the answer to its next commit each time the proxy is armed.
    static func withLostCommits(
        _ body: @Sendable (KernelFixture, LostCommitProxy) async throws -> Void
    ) async throws {
        try await withDatabase([]) { url in
            try await prepare(url)
            try await LostCommitProxy.with(url) { proxy, proxied in
                try await run(on: proxied) { kernel in try await body(kernel, proxy) }
            }
        }
    }
}
