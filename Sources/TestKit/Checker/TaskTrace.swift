// SPDX-License-Identifier: Apache-2.0

import Common

/// What the events of one task amount to. It knows the rules by itself, so that a mistake in the kernel's own table of
/// states is not repeated here.
struct TaskTrace {
    /// What an event may follow, and how it may leave the task.
    private struct Move {
        let from: Set<String>
        let to: Set<String>
    }

    private static let open: Set<String> = ["queued", "scheduled", "running", "waiting"]
    private static let held: Set<String> = ["running", "waiting"]
    static let ended: Set<String> = ["completed", "failed", "cancelled"]

    private static let moves: [String: Move] = [
        "task.edited": Move(from: ["queued", "scheduled"], to: ["queued", "scheduled"]),
        "task.unblocked": Move(from: ["scheduled"], to: ["scheduled", "queued"]),
        "run.queued": Move(from: ["scheduled"], to: ["queued"]),
        "run.claimed": Move(from: ["queued"], to: ["running"]),
        "run.started": Move(from: ["queued"], to: ["running"]),
        "run.completed": Move(from: held, to: ["completed"]),
        "run.failed": Move(from: held, to: ["failed", "scheduled"]),
        "run.lease_lost": Move(from: held, to: ["queued"]),
        "run.released": Move(from: held, to: ["queued"]),
        "task.cancelled": Move(from: open, to: ["cancelled"]),
        "task.completed": Move(from: open, to: ["completed"]),
        "task.failed": Move(from: open, to: ["failed"]),
        "task.retried": Move(from: ["failed", "cancelled"], to: ["queued"]),
        "task.replayed": Move(from: ended, to: ["queued"]),
    ]
    /// For events that this table does not name: where a task may go from each status, or stay.
    private static let ways: [String: Set<String>] = [
        "scheduled": open.union(ended), "queued": open.union(ended), "running": open.union(ended),
        "waiting": open.union(ended), "completed": ["queued"], "failed": ["queued"], "cancelled": ["queued"],
    ]
    /// Events that begin an epoch.
    private static let beginnings: Set<String> = ["run.claimed", "run.started"]
    /// Events after which a run takes no more effects.
    private static let endings: Set<String> = ["run.completed", "run.failed", "run.lease_lost", "run.released"]

    let creation: LoggedEvent
    private(set) var status: String
    private(set) var version: Int
    private(set) var runID: String?
    private(set) var latest: LoggedEvent
    /// The epochs that began, by run.
    private(set) var epochs: [String: [Int]] = [:]
    /// The epoch that the last completion happened under.
    private(set) var completedEpoch: Int?
    private var live: (runID: String, epoch: Int, since: LoggedEvent)?
    private var completion: LoggedEvent?

    /// The task as `task.created` makes it.
    init(_ creation: LoggedEvent, _ findings: inout [Finding]) {
        self.creation = creation
        latest = creation
        status = creation.status ?? ""
        version = creation.version ?? 0
        runID = creation.runID
        if status != "queued", status != "scheduled" {
            findings.append(Finding(.illegalTransition, "a task was made as \(status)", [creation]))
        }
        if version != 1 { findings.append(Finding(.gap, "a task began with version \(version)", [creation])) }
    }

    /// The newest epoch of the newest run; 0 when it was never held.
    var epoch: Int { runID.flatMap { epochs[$0]?.last } ?? 0 }

    /// Follows the next event of the task.
    mutating func follow(_ event: LoggedEvent, _ findings: inout [Finding]) {
        checkCompletion(event, &findings)
        let startsClaim = startsClaim(event)
        if startsClaim {
            live?.since = event
        } else if Self.beginnings.contains(event.type) {
            begin(event, &findings)
        } else {
            checkEpoch(event, &findings)
        }
        if event.isAboutTask, let next = event.status { move(event, to: next, startsClaim: startsClaim, &findings) }
        latest = event
    }

    // MARK: Epochs

    /// A worker outside claims first and starts then, under one epoch.
    private func startsClaim(_ event: LoggedEvent) -> Bool {
        guard event.type == "run.started", let live, live.since.type == "run.claimed" else { return false }
        return live.runID == event.runID && live.epoch == event.epoch
    }

    private mutating func begin(_ event: LoggedEvent, _ findings: inout [Finding]) {
        guard let run = event.runID, let epoch = event.epoch else {
            findings.append(Finding(.illegalTransition, "it does not say which epoch of which run begins", [event]))
            return
        }
        if let live {
            let what = "epoch \(epoch) began while epoch \(live.epoch) was live"
            findings.append(Finding(.twoLiveEpochs, what, [live.since, event]))
        }
        if let last = epochs[run]?.last, epoch <= last {
            let what = "epoch \(epoch) began after epoch \(last) of the same run"
            findings.append(Finding(.twoLiveEpochs, what, [latest, event]))
        }
        if run != runID {
            findings.append(Finding(.twoLiveEpochs, "a run began that is not the task's latest", [latest, event]))
        }
        epochs[run, default: []].append(epoch)
        live = (run, epoch, event)
    }

    private func checkEpoch(_ event: LoggedEvent, _ findings: inout [Finding]) {
        let isOfWorker = Self.endings.contains(event.type) && !isFailedDependency(event)
        guard isOfWorker || event.epoch != nil else { return }
        guard let live, live.runID == event.runID else {
            findings.append(Finding(.staleEffect, "no epoch of its run was live", [latest, event]))
            return
        }
        if let epoch = event.epoch, epoch != live.epoch {
            let what = "an effect of epoch \(epoch) was taken while epoch \(live.epoch) was live"
            findings.append(Finding(.staleEffect, what, [live.since, event]))
        }
    }

    /// A task before this one failed, and with it this one's run, which nobody has ever held.
    private func isFailedDependency(_ event: LoggedEvent) -> Bool {
        event.type == "run.failed" && event.epoch == nil && status == "scheduled" && epoch == 0
    }

    private mutating func checkCompletion(_ event: LoggedEvent, _ findings: inout [Finding]) {
        guard event.type == "run.completed" || event.type == "task.completed" else { return }
        if let completion { findings.append(Finding(.doubleEffect, "completed twice", [completion, event])) }
        completion = event
        completedEpoch = live?.epoch
    }

    // MARK: States

    private mutating func move(
        _ event: LoggedEvent, to next: String, startsClaim: Bool, _ findings: inout [Finding]
    ) {
        if let told = event.version {
            if told != version + 1 {
                let what = "version \(told) of a task follows version \(version)"
                findings.append(Finding(.gap, what, [latest, event]))
            }
            version = told
        }
        if !startsClaim, !mayMove(event, to: next) {
            findings.append(
                Finding(.illegalTransition, "\(event.type) took a task from \(status) to \(next)", [latest, event]))
        }
        status = next
        if let follower = event.body["next_run_id"]?.string {
            runID = follower
        } else if event.type == "task.retried" || event.type == "task.replayed" {
            runID = event.runID
            completion = nil
        }
        if !Self.held.contains(next) { live = nil }
    }

    private func mayMove(_ event: LoggedEvent, to next: String) -> Bool {
        guard let move = Self.moves[event.type] else {
            return next == status || Self.ways[status]?.contains(next) == true
        }
        if isFailedDependency(event) { return next == "failed" }
        guard move.from.contains(status) else { return false }
        if event.type == "run.failed" { return next == (event.body["next_run_id"] == nil ? "failed" : "scheduled") }
        return move.to.contains(next)
    }
}
