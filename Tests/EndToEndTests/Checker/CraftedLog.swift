// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit

/// A log written by hand, with places, statuses and versions as an honest kernel would give them.
struct CraftedLog {
    static let room = "room/room_1"
    private(set) var events: [LoggedEvent] = []
    private var versions: [String: Int] = [:]

    /// Appends what happened to a task; `body` may say other than the truth.
    mutating func add(
        _ type: String, _ task: String = "task_a", run: String = "run_a", status: String? = nil, epoch: Int? = nil,
        key: String? = nil, request: String? = nil, body: JSONObject = [:]
    ) {
        var all: JSONObject = [:]
        if let epoch { all["epoch"] = JSONValue(epoch) }
        if let status = status ?? Self.statuses[type] {
            versions[task, default: 0] += 1
            all["status"] = .string(status)
            all["version"] = JSONValue(versions[task] ?? 0)
        }
        for (name, value) in body.members { all[name] = value }
        let place = Int64(events.count + 1)
        events.append(
            LoggedEvent(
                position: place, stream: Self.room, streamSeq: place, type: type, taskID: task, runID: run,
                idempotencyKey: key, correlationID: request, body: .object(all)))
    }

    /// Leaves out an event, as if it had never been there.
    mutating func remove(at index: Int) { events.remove(at: index) }

    mutating func change(_ index: Int, _ change: (inout LoggedEvent) -> Void) { change(&events[index]) }

    private static let statuses = [
        "task.created": "queued", "run.started": "running", "run.claimed": "running", "run.completed": "completed",
        "run.failed": "failed", "run.lease_lost": "queued", "run.released": "queued", "task.cancelled": "cancelled",
        "task.retried": "queued", "task.completed": "completed",
    ]

    /// A task that went well at the second epoch, one that was claimed from outside, failed and was tried again, and one
    /// that was cancelled.
    static var sound: CraftedLog {
        var log = CraftedLog()
        log.add("task.created", key: "k1")
        log.add("task.created", "task_b", run: "run_b1", key: "k2")
        log.add("run.started", epoch: 1)
        log.add("run.claimed", "task_b", run: "run_b1", epoch: 1)
        log.add("run.lease_lost", epoch: 1)
        log.add("run.started", "task_b", run: "run_b1", epoch: 1)
        log.add("run.started", epoch: 2)
        log.add("step.started", "task_b", run: "run_b1", epoch: 1, body: ["status": "running"])
        log.add("run.completed", epoch: 2, body: ["result": ["ok": true]])
        log.add(
            "run.failed", "task_b", run: "run_b1", status: "scheduled", epoch: 1, body: ["next_run_id": "run_b2"])
        log.add("task.created", "task_c", run: "run_c")
        log.add("run.queued", "task_b", run: "run_b2", status: "queued")
        log.add("task.cancelled", "task_c", run: "run_c")
        log.add("run.started", "task_b", run: "run_b2", epoch: 1)
        log.add("run.completed", "task_b", run: "run_b2", body: ["result": ["epoch": 1]])
        return log
    }

    /// What is known beside `sound` when all is well.
    static var evidence: Evidence {
        var evidence = Evidence()
        evidence.creations = [
            .init(key: "k1", taskID: "task_a"), .init(key: "k2", taskID: "task_b"), .init(key: nil, taskID: "task_c"),
        ]
        evidence.completions = [.init(taskID: "task_a", epoch: 2), .init(taskID: "task_b")]
        evidence.calls = [
            call("task_a", "run_a", 1), call("task_a", "run_a", 2), call("task_b", "run_b1", 1),
            call("task_b", "run_b2", 1),
        ]
        evidence.effects = [call("task_a", "run_a", 1), call("task_b", "run_b2", 1)]
        evidence.deliveries = [
            .init(subscriber: "socket", stream: nil, places: Array(1...15)),
            .init(subscriber: "room", stream: room, places: Array(1...15)),
        ]
        evidence.rows = [
            .init(taskID: "task_a", status: "completed", version: 5, runID: "run_a", epoch: 2),
            .init(taskID: "task_b", status: "completed", version: 7, runID: "run_b2", epoch: 1),
            .init(taskID: "task_c", status: "cancelled", version: 2, runID: "run_c", epoch: 0),
        ]
        evidence.chain = .init(isSound: true, report: "intact")
        evidence.rebuild = .init(isSound: true, report: "equal")
        return evidence
    }

    static func call(_ task: String, _ run: String, _ epoch: Int) -> Evidence.Deed {
        Evidence.Deed(taskID: task, step: "main", runID: run, epoch: epoch)
    }
}
