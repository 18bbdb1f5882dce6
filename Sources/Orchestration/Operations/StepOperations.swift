// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres
package import Store

/// Makes the proof of a lease once it is known which run a call is about.
package typealias LeaseProver = @Sendable (ID<Run>) -> LeaseProof

/// What workers do with the steps of the runs they hold, and what anybody may read of them.
package struct StepOperations: Sendable {
    let pool: PostgresPool
    let commit: GroupCommit

    package init(pool: PostgresPool, commit: GroupCommit) {
        self.pool = pool
        self.commit = commit
    }

    /// What a worker says of a step it begins; nil means that it did not say.
    package struct NewStep: Sendable {
        package let key: String
        package let name: String?
        package let kind: String?
        package let input: JSONValue?

        package init(key: String, name: String?, kind: String?, input: JSONValue?) {
            self.key = key
            self.name = name
            self.kind = kind
            self.input = input
        }
    }

    /// Starts a step, or finds the one that has its key; `isNew` tells which.
    package func start(
        _ new: NewStep, of runID: ID<Run>, in workspaceID: ID<Workspace>, by caller: Caller, _ prove: LeaseProver
    ) async throws -> (step: Step, isNew: Bool) {
        guard let place = try await pool.read(TaskStore.place(ofRun: runID, in: workspaceID)) else {
            throw Problem.notFound("run", runID.rawValue)
        }
        let command = StartStep(
            call: WorkerCall(
                workspaceID: workspaceID, roomID: place.roomID, taskID: place.taskID, proof: prove(runID),
                actor: caller.principal),
            key: new.key, name: new.name ?? new.key, kind: new.kind, input: new.input?.bytes)
        switch try await commit.submit(command) {
        case .created(let step): return (step, true)
        case .existing(let step): return (step, false)
        case .recalled(let isNew):
            guard let step = try await pool.read(StepStore.step(command.place, in: workspaceID)) else {
                throw Problem.notFound("step", new.key)
            }
            return (step, isNew)
        }
    }

    /// Ends a step; the answer is the step as it is afterwards.
    package func finish(
        _ id: ID<Step>, as ending: FinishStep.Ending, in workspaceID: ID<Workspace>, by caller: Caller,
        _ prove: LeaseProver
    ) async throws -> Step {
        guard let place = try await pool.read(StepStore.place(of: id, in: workspaceID)) else {
            throw Problem.notFound("step", id.rawValue)
        }
        return try await commit.submit(
            FinishStep(
                call: WorkerCall(
                    workspaceID: workspaceID, roomID: place.roomID, taskID: place.taskID,
                    proof: prove(place.step.runID), actor: caller.principal),
                place: place.step, ending: ending))
    }

    // MARK: Reading

    package func step(_ id: ID<Step>, in workspaceID: ID<Workspace>) async throws -> Step {
        guard let step = try await pool.read(StepStore.step(id, in: workspaceID)) else {
            throw Problem.notFound("step", id.rawValue)
        }
        return step
    }

    /// The steps of a run in their order, after a number; `next` is where to go on.
    package func list(
        of runID: ID<Run>, in workspaceID: ID<Workspace>, after number: Int, limit: Int, payloads: ListedPayloads
    ) async throws -> (steps: [Step], next: Int?) {
        let found = try await pool.read(
            StepStore.list(of: runID, in: workspaceID, after: number, limit: limit + 1, payloads: payloads))
        if found.rows.isEmpty, try await pool.read(TaskStore.place(ofRun: runID, in: workspaceID)) == nil {
            throw Problem.notFound("run", runID.rawValue)
        }
        let (steps, last) = found.page(limit)
        return (steps, last?.number)
    }
}

extension PostgresPool {
    /// Runs one reading statement and decodes what it gives.
    func read<Output>(_ statement: Statement<Output>) async throws -> Output {
        try statement.decode(try await query(statement.sql))
    }
}
