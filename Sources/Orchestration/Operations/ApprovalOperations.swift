// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres
package import Store

/// Asking people, and their answers.
package struct ApprovalOperations: Sendable {
    let pool: PostgresPool
    let commit: GroupCommit

    package init(pool: PostgresPool, commit: GroupCommit) {
        self.pool = pool
        self.commit = commit
    }

    /// What somebody wants to be allowed; nil means that they did not say.
    package struct NewApproval: Sendable {
        package let runID: ID<Run>?
        package let stepID: ID<Step>?
        package let roomID: ID<Room>?
        package let action: Action
        package let summary: String?
        package let lifetime: Duration

        package init(
            runID: ID<Run>?, stepID: ID<Step>?, roomID: ID<Room>?, action: Action, summary: String?,
            lifetime: Duration
        ) {
            self.runID = runID
            self.stepID = stepID
            self.roomID = roomID
            self.action = action
            self.summary = summary
            self.lifetime = lifetime
        }
    }

    /// Asks people. With a lease the run waits for the answer; a worker must show one.
    package func request(
        _ new: NewApproval, in workspaceID: ID<Workspace>, by caller: Caller, _ prove: LeaseProver?
    ) async throws -> Approval {
        if caller.audience == .agent, new.runID == nil || prove == nil {
            throw Problem.invalid(new.runID == nil ? "/run_id" : "/lease_token", "is required of workers")
        }
        let roomID: ID<Room>
        let subject: RequestApproval.Subject
        if let runID = new.runID {
            guard let place = try await pool.read(TaskStore.place(ofRun: runID, in: workspaceID)) else {
                throw Problem.notFound("run", runID.rawValue)
            }
            if let other = new.roomID, other != place.roomID {
                throw Problem.invalid("/room_id", "is not the room of the run")
            }
            if let stepID = new.stepID,
                try await pool.read(StepStore.place(of: stepID, in: workspaceID))?.step.runID != runID
            {
                throw Problem.invalid("/step_id", "is no step of the run")
            }
            roomID = place.roomID
            subject =
                prove.map { prove in
                    .held(
                        WorkerCall(
                            workspaceID: workspaceID, roomID: place.roomID, taskID: place.taskID, proof: prove(runID),
                            actor: caller.principal))
                } ?? .run(runID, place.taskID)
        } else {
            roomID = new.roomID ?? Room.defaultID
            subject = .room
        }
        let id = try await commit.submit(
            RequestApproval(
                workspaceID: workspaceID, roomID: roomID, subject: subject, stepID: new.stepID, action: new.action,
                summary: new.summary, lifetime: new.lifetime, actor: caller.principal, traceID: caller.traceID))
        return try await read(id, in: workspaceID)
    }

    /// A person answers; the result is the approval as it is afterwards.
    package func decide(
        _ id: ID<Approval>, _ decision: ApprovalDecision, note: String?, in workspaceID: ID<Workspace>,
        by caller: Caller
    ) async throws -> Approval {
        let found = try await read(id, in: workspaceID)
        return try await commit.submit(
            DecideApproval(
                workspaceID: workspaceID, roomID: found.roomID, taskID: found.taskID, approvalID: id,
                decision: decision, note: note, actor: caller.principal, traceID: caller.traceID))
    }

    // MARK: Reading

    /// One approval, as far as the caller may know of it: a worker knows those that its agent asked for.
    package func approval(
        _ id: ID<Approval>, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> Approval {
        let approval = try await read(id, in: workspaceID)
        guard caller.audience != .agent || approval.requestedBy == caller.principal else {
            throw Problem.notFound("approval", id.rawValue)
        }
        return approval
    }

    private func read(_ id: ID<Approval>, in workspaceID: ID<Workspace>) async throws -> Approval {
        guard let approval = try await pool.read(ApprovalStore.approval(id, in: workspaceID)) else {
            throw Problem.notFound("approval", id.rawValue)
        }
        return approval
    }

    /// Approvals newest first; `next` is where to go on.
    package func list(
        _ filter: ApprovalFilter, in workspaceID: ID<Workspace>, before cursor: ID<Approval>?, limit: Int
    ) async throws -> (approvals: [Approval], next: ID<Approval>?) {
        let approvals = try await pool.read(
            ApprovalStore.list(filter, in: workspaceID, before: cursor, limit: limit + 1))
        guard approvals.count > limit else { return (approvals, nil) }
        return (Array(approvals.prefix(limit)), approvals[limit - 1].id)
    }
}
