// SPDX-License-Identifier: Apache-2.0

package import Common

extension TaskEvent {
    /// The data as JSON. `after` is the task as this event leaves it: every body tells its status and version. `epoch` is that
    /// of the run: what a worker says of its run names it.
    package func body(after task: WorkTask, epoch: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        switch self {
        case .created(let request): request.write(to: &writer)
        case .edited(let edit): edit.write(to: &writer)
        case .due, .unblocked: break
        case .claimed(let epoch, let session), .started(let epoch, let session):
            writer.member("epoch", epoch)
            writer.member("worker_session_id", session.rawValue)
            writer.member("attempt", task.attempts)
        case .completed(let result):
            writer.member("epoch", epoch)
            writer.name("result")
            writer.write(json: result)
        case .completedByHand(let result):
            writer.name("result")
            writer.write(json: result)
        case .failed(let failure, let next):
            if epoch > 0 { writer.member("epoch", epoch) }
            writer.name("error")
            failure.write(to: &writer)
            if let next {
                writer.member("next_run_id", next.id.rawValue)
                writer.name("run_at")
                writer.write(next.runAt)
            }
        case .leaseLost(let epoch): writer.member("epoch", epoch)
        case .released(let epoch, let reason):
            writer.member("epoch", epoch)
            writer.optional("reason", reason)
        case .waiting(let approvalID, let epoch):
            writer.member("approval_id", approvalID.rawValue)
            writer.member("epoch", epoch)
        case .resumed(let approvalID, let status):
            writer.member("approval_id", approvalID.rawValue)
            writer.member("approval_status", status.rawValue)
        case .cancelled(let reason):
            if let reason { writer.member("reason", reason) }
        case .retriedByHand: break
        case .replayed(let replay):
            writer.member("replay_of_run_id", replay.of.rawValue)
            writer.optional("from_step_id", replay.fromStep)
        case .failedByHand(let failure):
            writer.name("error")
            failure.write(to: &writer)
        }
        writer.member("status", task.status.rawValue)
        writer.member("version", task.version)
        writer.endObject()
        return writer.bytes
    }

    /// Reads an event back from what is on disk.
    package init(type: String, runID: ID<Run>?, body: JSONValue) throws(EventDecodingError) {
        let reader = EventBody(type: type, object: body.object ?? [:])
        switch type {
        case "task.created": self = .created(try TaskRequest(reader))
        case "task.edited": self = .edited(try TaskEdit(reader))
        case "run.queued": self = .due
        case "run.started":
            self = .started(
                epoch: try reader.int("epoch"), workerSessionID: try reader.id("worker_session_id"))
        case "task.unblocked": self = .unblocked
        case "run.claimed":
            self = .claimed(epoch: try reader.int("epoch"), workerSessionID: try reader.id("worker_session_id"))
        case "run.released": self = .released(epoch: try reader.int("epoch"), reason: reader.text("reason"))
        case "task.replayed":
            guard let runID else { throw EventDecodingError(eventType: type, member: "run_id") }
            self = .replayed(
                Replay(id: runID, of: try reader.id("replay_of_run_id"), fromStep: reader.text("from_step_id")))
        case "run.completed": self = .completed(result: try reader.json("result"))
        case "run.failed":
            let next = reader.object["next_run_id"]?.string
            self = .failed(
                try RunFailure(reader),
                next: try next.map { (id) throws(EventDecodingError) in
                    NextRun(id: ID(trusted: id), runAt: try reader.timestamp("run_at"))
                })
        case "run.lease_lost": self = .leaseLost(epoch: try reader.int("epoch"))
        case "run.waiting":
            self = .waiting(approvalID: try reader.id("approval_id"), epoch: try reader.int("epoch"))
        case "run.resumed":
            guard let status = ApprovalStatus(rawValue: try reader.string("approval_status")) else {
                throw EventDecodingError(eventType: type, member: "approval_status")
            }
            self = .resumed(approvalID: try reader.id("approval_id"), status: status)
        case "task.cancelled": self = .cancelled(reason: reader.object["reason"]?.string)
        case "task.retried":
            guard let runID else { throw EventDecodingError(eventType: type, member: "run_id") }
            self = .retriedByHand(runID)
        case "task.completed": self = .completedByHand(result: try reader.json("result"))
        case "task.failed": self = .failedByHand(try RunFailure(reader))
        default: throw EventDecodingError(eventType: type, member: "event_type")
        }
    }
}

extension RunFailure {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("code", code)
        writer.member("message", message)
        writer.name("retryable")
        writer.write(isRetryable)
        writer.endObject()
    }

    init(_ body: EventBody) throws(EventDecodingError) {
        let error = try body.nested("error")
        self.init(
            code: try error.string("code"), message: try error.string("message"),
            isRetryable: error.object["retryable"]?.bool ?? false)
    }
}

extension TaskRequest {
    func write(to writer: inout JSONWriter) {
        writer.member("agent", agent)
        writer.name("input")
        writer.write(json: input)
        writer.member("priority", priority)
        writer.member("timeout_seconds", timeoutSeconds)
        writer.name("retry")
        writer.beginObject()
        writer.member("max_attempts", retry.maxAttempts)
        writer.name("initial_seconds")
        writer.write(retry.initialSeconds)
        writer.name("max_seconds")
        writer.write(retry.maxSeconds)
        writer.name("factor")
        writer.write(retry.factor)
        writer.endObject()
        if let runAt {
            writer.name("run_at")
            writer.write(runAt)
        }
        if let idempotencyHash { writer.member("idempotency_hash", Hex.text(idempotencyHash)) }
        if !labels.isEmpty { writer.member("labels", labels) }
        if !limits.isEmpty { writer.member("limits", limits.map(\.text)) }
        writer.optional("parent_run_id", parentRunID?.rawValue)
        guard !dependencies.after.isEmpty else { return }
        writer.member("after", dependencies.after.map(\.rawValue))
        writer.member("on_dependency_failure", dependencies.policy.rawValue)
        writer.name("blocked")
        writer.write(dependencies.isBlocking)
    }

    init(_ body: EventBody) throws(EventDecodingError) {
        let retry = try body.nested("retry")
        self.init(
            agent: try body.string("agent"), input: try body.json("input"), priority: try body.int("priority"),
            timeoutSeconds: try body.int("timeout_seconds"),
            retry: TaskRetryPolicy(
                maxAttempts: try retry.int("max_attempts"), initialSeconds: try retry.double("initial_seconds"),
                maxSeconds: try retry.double("max_seconds"), factor: try retry.double("factor")),
            runAt: body.object["run_at"] == nil ? nil : try body.timestamp("run_at"),
            idempotencyHash: body.object["idempotency_hash"]?.string.flatMap(Hex.bytes),
            labels: body.strings("labels"), limits: body.strings("limits").compactMap(LimitUse.init),
            parentRunID: body.text("parent_run_id").map { ID(trusted: $0) },
            dependencies: TaskDependencies(
                after: body.strings("after").map { ID(trusted: $0) },
                policy: body.text("on_dependency_failure").flatMap(TaskDependencies.Policy.init) ?? .fail,
                isBlocking: body.object["blocked"]?.bool ?? false))
    }
}

extension TaskEdit {
    fileprivate func write(to writer: inout JSONWriter) {
        if let input {
            writer.name("input")
            writer.write(json: input)
        }
        if let priority { writer.member("priority", priority) }
        if let timeoutSeconds { writer.member("timeout_seconds", timeoutSeconds) }
    }

    fileprivate init(_ body: EventBody) throws(EventDecodingError) {
        self.init(
            input: body.object["input"]?.bytes, priority: body.object["priority"]?.int,
            timeoutSeconds: body.object["timeout_seconds"]?.int)
    }
}
