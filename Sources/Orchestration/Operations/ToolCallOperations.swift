// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres
package import Store

/// What workers do with tool calls within their steps, and what anybody may read of them.
package struct ToolCallOperations: Sendable {
    let pool: PostgresPool
    let commit: GroupCommit

    package init(pool: PostgresPool, commit: GroupCommit) {
        self.pool = pool
        self.commit = commit
    }

    /// What a worker says of a call it begins.
    package struct NewToolCall: Sendable {
        package let tool: String
        package let key: String?
        package let arguments: JSONValue?

        package init(tool: String, key: String?, arguments: JSONValue?) {
            self.tool = tool
            self.key = key
            self.arguments = arguments
        }
    }

    /// Starts a tool call, or finds the one that has its key; `isNew` tells which.
    package func start(
        _ new: NewToolCall, within stepID: ID<Step>, in workspaceID: ID<Workspace>, by caller: Caller,
        _ prove: LeaseProver
    ) async throws -> (call: ToolCall, isNew: Bool) {
        guard let place = try await pool.read(StepStore.place(of: stepID, in: workspaceID)) else {
            throw Problem.notFound("step", stepID.rawValue)
        }
        let outcome = try await commit.submit(
            StartToolCall(
                call: WorkerCall(
                    workspaceID: workspaceID, roomID: place.roomID, taskID: place.taskID,
                    proof: prove(place.step.runID), actor: caller.principal),
                step: place.step, stepID: stepID, key: new.key, tool: new.tool, arguments: new.arguments?.bytes))
        switch outcome {
        case .created(let call): return (call, true)
        case .existing(let call): return (call, false)
        case .recalled(let id, let isNew): return (try await call(id, in: workspaceID), isNew)
        }
    }

    /// Ends a tool call; the answer is the call as it is afterwards.
    package func finish(
        _ id: ID<ToolCall>, as ending: FinishToolCall.Ending, in workspaceID: ID<Workspace>, by caller: Caller,
        _ prove: LeaseProver
    ) async throws -> ToolCall {
        let found = try await call(id, in: workspaceID)
        return try await commit.submit(
            FinishToolCall(
                call: WorkerCall(
                    workspaceID: workspaceID, roomID: found.roomID, taskID: found.taskID, proof: prove(found.runID),
                    actor: caller.principal),
                place: found.place, ending: ending))
    }

    // MARK: Reading

    package func call(_ id: ID<ToolCall>, in workspaceID: ID<Workspace>) async throws -> ToolCall {
        guard let call = try await pool.read(ToolCallStore.call(id, in: workspaceID)) else {
            throw Problem.notFound("tool call", id.rawValue)
        }
        return call
    }

    /// Tool calls newest first; `next` is where to go on.
    package func list(
        _ filter: ToolCallFilter, in workspaceID: ID<Workspace>, before cursor: ID<ToolCall>?, limit: Int,
        payloads: ListedPayloads
    ) async throws -> (calls: [ToolCall], next: ID<ToolCall>?) {
        let (calls, last) = try await pool.read(
            ToolCallStore.list(filter, in: workspaceID, before: cursor, limit: limit + 1, payloads: payloads)
        ).page(limit)
        return (calls, last?.id)
    }
}
