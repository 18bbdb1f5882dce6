// SPDX-License-Identifier: Apache-2.0

import Common

/// Proves from the recorded events of a workspace, and from what is known outside, that nothing was lost, doubled or left
/// out. It is a pure function, and knows the rules by itself.
package struct EventLogChecker: Sendable {
    private let events: [LoggedEvent]
    private let evidence: Evidence
    private var findings: [Finding] = []
    private var traces: [String: TaskTrace] = [:]
    /// In the order of their creation.
    private var taskIDs: [String] = []

    private init(_ events: [LoggedEvent], _ evidence: Evidence) {
        self.events = events
        self.evidence = evidence
    }

    /// Every promise that `events`, in the order of the log, and `evidence` show to be broken; empty when none is.
    package static func findings(in events: [LoggedEvent], _ evidence: Evidence = Evidence()) -> [Finding] {
        var checker = EventLogChecker(events, evidence)
        checker.checkPlaces()
        checker.followTasks()
        checker.checkKeys()
        checker.checkRequests()
        checker.checkSteps()
        checker.checkWhatClientsWereTold()
        checker.checkEnds()
        checker.checkCalls()
        checker.checkEffects()
        checker.checkDeliveries()
        checker.checkRows()
        checker.checkAudits()
        checker.checkDaemons()
        return checker.findings
    }

    private mutating func find(_ kind: Finding.Kind, _ what: String, _ events: [LoggedEvent] = []) {
        findings.append(Finding(kind, what, events))
    }

    // MARK: The log by itself

    private mutating func checkPlaces() {
        var position: Int64 = 0
        var streams: [String: Int64] = [:]
        for event in events {
            if event.position != position + 1 { find(.gap, "position \(event.position) follows \(position)", [event]) }
            position = event.position
            let last = streams[event.stream] ?? 0
            if event.streamSeq != last + 1 {
                find(.gap, "\(event.streamSeq) follows \(last) in \(event.stream)", [event])
            }
            streams[event.stream] = event.streamSeq
        }
    }

    private mutating func followTasks() {
        for event in events {
            guard let taskID = event.taskID else { continue }
            if event.type == "task.created" {
                if let known = traces[taskID] {
                    find(.doubleEffect, "\(taskID) was made twice", [known.creation, event])
                } else {
                    traces[taskID] = TaskTrace(event, &findings)
                    taskIDs.append(taskID)
                }
            } else if traces[taskID] == nil {
                find(.illegalTransition, "\(taskID) was never made", [event])
            } else {
                traces[taskID]?.follow(event, &findings)
            }
        }
    }

    private mutating func checkKeys() {
        var keys: [String: LoggedEvent] = [:]
        for event in events where event.type == "task.created" {
            guard let key = event.idempotencyKey else { continue }
            if let first = keys[key] { find(.doubleEffect, "the key \(key) made two tasks", [first, event]) }
            keys[key] = event
        }
    }

    /// A request that was sent once makes one task, however often a daemon has to try.
    private mutating func checkRequests() {
        var made: [String: LoggedEvent] = [:]
        for event in events where event.type == "task.created" {
            guard let id = event.correlationID, evidence.requests.contains(id) else { continue }
            if let first = made[id] { find(.doubleEffect, "the request \(id) made two tasks", [first, event]) }
            made[id] = event
        }
    }

    /// Within a run a step completes once, and a tool call succeeds once, whatever happens to their workers.
    private mutating func checkSteps() {
        let members = ["step.completed": "step_id", "tool_call.succeeded": "tool_call_id"]
        var ends: [String: LoggedEvent] = [:]
        for event in events {
            guard let member = members[event.type], let id = event.body[member]?.string else { continue }
            if let first = ends[id] { find(.doubleEffect, "\(event.type) twice for \(id)", [first, event]) }
            ends[id] = event
        }
    }

    // MARK: What clients were told

    private mutating func checkWhatClientsWereTold() {
        for surprise in evidence.surprises { find(.wrongAnswer, surprise) }
        var told: [String: String] = [:]
        for creation in evidence.creations {
            guard let trace = traces[creation.taskID] else {
                find(.lostRun, "\(creation.taskID) was acknowledged and is not in the log")
                continue
            }
            guard let key = creation.key else { continue }
            if trace.creation.idempotencyKey != key {
                find(.lostRun, "\(creation.taskID) was acknowledged for the key \(key)", [trace.creation])
            }
            if let other = told[key], other != creation.taskID {
                find(.doubleEffect, "the key \(key) was answered with \(other) and \(creation.taskID)")
            }
            told[key] = creation.taskID
        }
        for completion in evidence.completions {
            guard let trace = traces[completion.taskID], trace.status == "completed" else {
                find(.lostRun, "\(completion.taskID) was said to be completed", latest(completion.taskID))
                continue
            }
            if let epoch = completion.epoch, epoch != trace.completedEpoch {
                let live = trace.completedEpoch.map { "epoch \($0) was live" } ?? "no epoch was live"
                find(.staleEffect, "a completion by epoch \(epoch) was taken while \(live)", [trace.latest])
            }
        }
    }

    private mutating func checkEnds() {
        guard evidence.isOver else { return }
        for taskID in taskIDs {
            guard let trace = traces[taskID], !TaskTrace.ended.contains(trace.status) else { continue }
            find(.lostRun, "\(taskID) is still \(trace.status)", [trace.creation, trace.latest])
        }
        for taskID in taskIDs where evidence.promised.contains(taskID) {
            guard let trace = traces[taskID], ["failed", "cancelled"].contains(trace.status) else { continue }
            let why = trace.latest.body["error"].map { ": \(String(decoding: $0.bytes, as: UTF8.self))" } ?? ""
            find(.lostRun, "\(taskID) \(trace.status)\(why)", [trace.creation, trace.latest])
        }
    }

    private func latest(_ taskID: String) -> [LoggedEvent] { traces[taskID].map { [$0.latest] } ?? [] }

    // MARK: What agents did

    private mutating func checkCalls() {
        var seen: Set<Evidence.Deed> = []
        for call in evidence.calls {
            if !seen.insert(call).inserted {
                find(.twoLiveEpochs, "epoch \(call.epoch) of \(call.runID) was carried out twice", latest(call.taskID))
            }
            if traces[call.taskID]?.epochs[call.runID]?.contains(call.epoch) != true {
                let what = "\(call.runID) was carried out in epoch \(call.epoch), which never began"
                find(.staleEffect, what, latest(call.taskID))
            }
        }
    }

    private mutating func checkEffects() {
        guard let effects = evidence.effects else { return }
        struct Once: Hashable {
            let taskID: String
            let step: String
        }
        var seen: [Once: Evidence.Deed] = [:]
        for effect in effects {
            let once = Once(taskID: effect.taskID, step: effect.step)
            if let first = seen[once] {
                let what =
                    "\(effect.step) of \(effect.taskID) had its effect in epoch \(first.epoch) of \(first.runID) and in "
                    + "epoch \(effect.epoch) of \(effect.runID)"
                find(.doubleEffect, what, latest(effect.taskID))
            }
            seen[once] = effect
            if traces[effect.taskID] == nil { find(.lostRun, "\(effect.taskID) had an effect and is not in the log") }
        }
        let tasks = Set(effects.map(\.taskID))
        for taskID in taskIDs where !tasks.contains(taskID) {
            guard let trace = traces[taskID], trace.latest.type == "run.completed",
                !evidence.agentsWithoutJournal.contains(trace.creation.body["agent"]?.string ?? "")
            else { continue }
            find(.lostRun, "\(taskID) is completed without its effect", [trace.latest])
        }
    }

    // MARK: What subscribers were sent

    private mutating func checkDeliveries() {
        for delivery in evidence.deliveries {
            let wanted = events.filter { event in
                delivery.stream.map { event.stream == $0 } ?? (event.taskID != nil)
            }
            let place: (LoggedEvent) -> Int64 = { delivery.stream == nil ? $0.position : $0.streamSeq }
            var last: Int64 = 0
            var seen: Set<Int64> = []
            for place in delivery.places {
                if !seen.insert(place).inserted {
                    find(.gap, "\(delivery.subscriber) was sent \(place) twice")
                } else if place < last {
                    find(.gap, "\(delivery.subscriber) was sent \(place) after \(last)")
                }
                last = max(last, place)
            }
            for event in wanted where !seen.contains(place(event)) {
                find(.gap, "\(delivery.subscriber) was never sent \(place(event))", [event])
            }
            for stranger in seen.subtracting(wanted.map(place)).sorted() {
                find(.gap, "\(delivery.subscriber) was sent \(stranger), which is not in the log")
            }
        }
    }

    // MARK: The state beside the log

    private mutating func checkRows() {
        guard let rows = evidence.rows else { return }
        for row in rows {
            guard let trace = traces[row.taskID] else {
                find(.wrongProjection, "\(row.taskID) has a row and no event")
                continue
            }
            let wanted = Evidence.Row(
                taskID: row.taskID, status: trace.status, version: trace.version, runID: trace.runID ?? "",
                epoch: trace.epoch)
            if row != wanted { find(.wrongProjection, "\(row) instead of \(wanted)", [trace.latest]) }
        }
        let known = Set(rows.map(\.taskID))
        for taskID in taskIDs where !known.contains(taskID) {
            find(.wrongProjection, "\(taskID) has no row", latest(taskID))
        }
    }

    private mutating func checkAudits() {
        if let chain = evidence.chain, !chain.isSound { find(.brokenChain, chain.report) }
        if evidence.chain?.isSound != false, evidence.rebuild?.isSound != false {
            for alarm in evidence.alarms { find(.falseAlarm, alarm) }
        }
        if let rebuild = evidence.rebuild, !rebuild.isSound { find(.wrongProjection, rebuild.report) }
    }

    private mutating func checkDaemons() {
        for daemon in evidence.daemons {
            for death in daemon.deaths { find(.deadDaemon, "\(daemon.name) ended by itself: \(death)") }
            if !daemon.isReady { find(.deadDaemon, "\(daemon.name) did not come back") }
        }
    }
}
